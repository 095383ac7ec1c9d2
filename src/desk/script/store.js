/**
 * What the device keeps (IndexedDB), durable before anything is said: a browser may be killed at any moment.
 *
 * | store | key | value |
 * |---|---|---|
 * | `settings` | a name | keys, key set, clock, device, choices; see the callers |
 * | `queue` | `sequence` | an offline item, sealed, until its receipt was seen |
 * | `records` | `redemption_id` | what this device did, with the holder's name sealed |
 * | `lists` | `uri` | status lists |
 * | `runs` | `course_run_id` | course runs, with who is enrolled, sealed, as last seen |
 */

const NAME = 'training-vouchers-desk';
const VERSION = 1;

/** @returns {Promise<Store>} */
export async function openStore() {
  const opening = indexedDB.open(NAME, VERSION);
  opening.onupgradeneeded = () => {
    const database = opening.result;
    database.createObjectStore('settings');
    database.createObjectStore('queue', { keyPath: 'sequence' });
    const records = database.createObjectStore('records', { keyPath: 'redemption_id' });
    records.createIndex('voucher_id', 'voucher_id');
    records.createIndex('at', 'at');
    database.createObjectStore('lists', { keyPath: 'uri' });
    database.createObjectStore('runs', { keyPath: 'course_run_id' });
  };
  const database = await done(opening);
  // Another tab brings a newer version: let go, so that it need not wait.
  database.onversionchange = () => database.close();
  return new Store(database);
}

export class Store {
  constructor(database) {
    this.database = database;
  }

  /**
   * Reads, in one look.
   * @template T
   * @param {string[]} stores
   * @param {(stores: Record<string, IDBObjectStore>) => Record<string, IDBRequest<T>>} ask
   */
  async read(stores, ask) {
    const transaction = this.database.transaction(stores, 'readonly');
    const requests = ask(byName(transaction, stores));
    const entries = Object.entries(requests).map(async ([name, request]) => [name, await done(request)]);
    return Object.fromEntries(await Promise.all(entries));
  }

  /**
   * Writes all or nothing; when it resolves, what was written is on the disk.
   * @param {string[]} stores
   * @param {(stores: Record<string, IDBObjectStore>) => void} change
   */
  write(stores, change) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(stores, 'readwrite', { durability: 'strict' });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('not written'));
      change(byName(transaction, stores));
    });
  }

  async setting(name) {
    const { value } = await this.read(['settings'], ({ settings }) => ({ value: settings.get(name) }));
    return value ?? null;
  }

  keep(name, value) {
    return this.write(['settings'], ({ settings }) => settings.put(value, name));
  }

  async all(store) {
    const { values } = await this.read([store], (stores) => ({ values: stores[store].getAll() }));
    return values;
  }
}

function byName(transaction, stores) {
  return Object.fromEntries(stores.map((name) => [name, transaction.objectStore(name)]));
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
