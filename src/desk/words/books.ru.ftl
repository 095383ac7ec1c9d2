### Бюджет, счета, следы денег и доказательства.

## Страницы

books-budget = Бюджет
books-budget-title = Исполнение бюджета
books-accounts = Счета
books-postings = Проводки
books-payments = Платежи
books-findings = Отклонения
books-journal = Журнал
books-none-title = Программ пока нет
books-none-text = Здесь появятся суммы, как только офис программы заведёт первую.
books-show = Показать
books-all = Все
books-paging = Страницы списка
books-next = Дальше
books-to-first = В начало
books-as-of = По журналу из { $size } записей
books-total = Всего

## Исполнение бюджета

books-lapsed = Из зарезервированного { $amount } — под сертификатами, срок которых истёк; резерв ещё не снят.
books-bars = Что стало с лимитом
books-table = По частям
books-by = Разрез
books-by-line = По строкам
books-by-agency = По органам
books-by-month = По месяцам
books-by-course-run = По потокам
books-by-line-caption = Строки бюджета: остатки счетов
books-by-line-caption-empty = Строк бюджета пока нет.
books-by-agency-caption = Органы: что стоит за их сотрудниками
books-by-agency-caption-empty = Ни одному органу ещё не выдан сертификат.
books-by-month-caption = Месяцы: изменения счетов по датам событий
books-by-month-caption-empty = Движений пока нет.
books-by-course-run-caption = Потоки: обязательства, начисления, оплата
books-by-course-run-caption-empty = В потоки ещё никто не зачислен.

## Счета

books-account = Счёт
books-account-limit = Лимит
books-account-available = Доступно
books-account-reserved = Зарезервировано
books-account-obligated = Обязательства
books-account-accrued = Начислено
books-account-paid = Оплачено
books-no-lines = У программы ещё нет строк бюджета.
books-line = Строка бюджета
books-agency = Орган
books-course-run = Поток
books-month = Месяц
books-from = С
books-to = По
books-opening = Остаток на начало
books-closing = Остаток на конец
books-statement-caption = Выписка по счёту
books-statement-caption-empty = Движений за эти дни не было.
books-page-opening = Перед первой строкой
books-page-closing = После последней строки
books-day = Дата
books-entry = Запись
books-about = О чём
books-debit = Дебет
books-credit = Кредит
books-balance = Остаток
books-postings-caption = Проводки в порядке журнала
books-postings-caption-empty = Таких проводок нет.

## Как что называется

books-what-agency = Орган
books-what-voucher = Сертификат
books-what-redemption = Погашение
books-what-course-run = Поток
books-what-session = Занятие
books-what-payee = Получатель
books-what-payment = Платёж
books-what-contract = Контракт
books-what-act = Акт
books-what-item = Строка выписки
books-what-statement = Выписка
books-payee = Получатель
books-payee-instructor = Преподаватель
books-payee-tax-office = Страховые взносы
books-payee-contractor = Исполнитель
books-phase = Часть курса
books-phase-lecture = Лекция
books-phase-practical-university = Практика в вузе
books-phase-practical-authority = Практика в органе
books-phase-remote = Дистанционно
books-phase-test = Тест
books-redemption = Погашение
books-redemption-live = действует
books-redemption-reversed = отменено
books-session = Занятие
books-session-recorded = записано
books-session-accepted = принято
books-session-cancelled = отменено
books-voucher = Сертификат
books-act = Акт
books-contract = Контракт

## Запись журнала

books-entry-title = Запись № { $index }
books-what-happened = Что произошло
books-effective-at = Дата события
books-recorded-at = Записано
books-recorded-by = Кем записано
books-service-itself = сама служба
books-moved = Сумма
books-moved-nothing = Деньги не двигались: запись только отмечает событие.
books-debited = { $account }: дебет { $amount }
books-credited = { $account }: кредит { $amount }
books-documents = Документы
books-entry-postings-caption = Проводки записи: дебет и кредит равны
books-entry-postings-caption-empty = Проводок нет.
books-subjects = О чём запись
books-subjects-caption = Как подписано в журнале: номера и отпечатки, без персональных данных
books-subjects-caption-empty = Ничего больше не названо.
books-subject = Предмет
books-value = Значение
books-entry-before = Предыдущая
books-entry-after = Следующая
books-proof = Доказательство
books-proof-text = Запись № { $index } — лист дерева из { $size } записей. Корень дерева подписан: если изменить хоть один бит любой из них, подпись не сойдётся.
books-check-leaf = Отпечаток записи (SHA-256) тот же, что показан на этой странице.
books-check-path = По пути из дерева отпечаток приводит к корню контрольной точки.
books-check-signature = Контрольную точку подписал ключ журнала, опубликованный службой и не скомпрометированный.
books-check-newest = Новейшая контрольная точка подписана и продолжает эту: с тех пор ничего не переписано.
books-check-good = сошлось
books-check-bad = не сошлось
books-check-skipped = не проверено
books-verify = Проверить в моём браузере
books-verified = Проверено: запись есть в подписанном журнале, и журнал с тех пор только рос.
books-verified-partly = Проверено то, что можно проверить здесь; остальное отмечено «не проверено».
books-not-verified = Доказательство не сошлось. Сохраните эту страницу и сообщите финансовому контролю.
books-unreachable = Не удалось получить данные для проверки. Проверьте сеть и попробуйте ещё раз.
books-verify-offline = Этой странице можно и не верить: пакет аудита проверяется на своём компьютере, без сети и без нашей службы.
books-proof-details = Отпечаток, путь и контрольная точка
books-leaf-hash = Отпечаток листа
books-path = Путь к корню
books-path-empty = Лист и есть корень.
books-checkpoint = Контрольная точка

## Предметы записей

books-subject-proposal = Предложение
books-subject-voucher = Сертификат
books-subject-payee = Получатель
books-subject-employee = Сотрудник
books-subject-course-run = Поток
books-subject-from-course-run = Из потока
books-subject-payment = Платёж
books-subject-token = Доступ
books-subject-redemption = Погашение
books-subject-reason-sha256 = Отпечаток причины
books-subject-university = Университет
books-subject-session = Занятие
books-subject-request = Заявка
books-subject-credential-sha256 = Отпечаток подписанного сертификата
books-subject-contract = Контракт
books-subject-programme = Программа
books-subject-agency = Орган
books-subject-sign-in = Вход
books-subject-linked = Связана (1) или отвязана (0)
books-subject-settlement-account = Лицевой счёт
books-subject-rows = Строк
books-subject-document-sha256 = Отпечаток номера документа
books-subject-budget-line = Строка бюджета
books-subject-from-budget-line = Со строки
books-subject-to-budget-line = На строку
books-subject-updated = Обновлено
books-subject-successor = Новый сертификат
books-subject-status = Состояние
books-subject-statement-item = Строка выписки
books-subject-statement = Выписка
books-subject-seats = Мест
books-subject-run = Запуск
books-subject-retired-kid = Прежний ключ
books-subject-register = Реестр
books-subject-refused = Отказано
books-subject-quotas-sha256 = Отпечаток квот
books-subject-quota-move = Перенос квоты
books-subject-from-agency = Из органа
books-subject-to-agency = В орган
books-subject-outcome = Итог
books-subject-public-key = Открытый ключ
books-subject-month = Месяц
books-subject-kid = Ключ
books-subject-kbk = КБК
books-subject-holders = Отпечаток списка держателей
books-subject-device = Устройство
books-subject-created = Создано
books-subject-act-sha256 = Отпечаток предложенного
books-subject-act = Акт
books-subject-accepted = Принято
books-subject-facts-sha256 = Отпечаток сведений
books-subject-checkpoint = Контрольная точка
books-subject-epoch = Эпоха журнала
books-subject-conflict = Спорный случай
books-subject-code = Код
books-subject-decision = Решение
books-subject-pairing = Сопряжение
books-subject-item-sha256 = Отпечаток записи устройства

## След денег

books-trace = След денег
books-way = Путь денег
books-way-text = Слева направо: за кого, в каком потоке, за какие часы, кому начислено, чем оплачено. То же — в таблицах ниже.
books-column-redemptions = Погашения
books-column-course-run = Поток
books-column-sessions = Занятия
books-column-accruals = Начисления
books-column-payments = Платежи
books-more = ещё { $count }
books-left-out = Показаны не все: ещё { $count } — в выгрузке журнала.
books-hours = Часов
books-face-value = Номинал
books-topped-up = Доплачено потоку
books-moved-in = Пришло от других погашений
books-moved-out = Ушло другим погашениям
books-still-obligated = Ещё обязательство
books-accrued-in-all = Начислено
books-of-it-paid = Из них оплачено
books-released = Возвращено в доступное
books-unpaid = Не оплачено
books-trace-sessions-title = Занятия и начисления
books-trace-sessions = Доли в том, что начислено за занятия
books-trace-sessions-empty = Часов ещё не начислено.
books-trace-payments-title = Платежи
books-trace-payments = Чем оплачено
books-trace-payments-empty = Оплаты ещё не было.
books-trace-shares-title = Погашения за этой суммой
books-trace-shares = Доли погашений
books-trace-shares-empty = За этой суммой сейчас нет погашений.
books-trace-acts-title = Акты кампании
books-trace-acts = Оплаченные акты
books-trace-acts-empty = Актов нет.

## Платежи

books-document = Документ
books-paid-on = Дата платежа
books-status = Состояние
books-reason = Причина
books-amount = Сумма
books-payment-prepared = подготовлен
books-payment-paid = оплачен
books-payment-returned = возвращён
books-payment-withdrawn = отозван
books-payments-caption = Платежи программы
books-payments-caption-empty = Платежей пока нет.
books-unmatched = Не сходится с банком
books-unmatched-text = { $count ->
    [one] { $count } строка банковской выписки ждёт человека.
    [few] { $count } строки банковской выписки ждут человека.
   *[many] { $count } строк банковской выписки ждут человека.
}
books-unmatched-none = Все строки загруженных выписок сопоставлены.
books-unmatched-caption = Строки выписок, которые ждут человека
books-unmatched-caption-empty = Таких строк нет.
books-direction = Вид
books-direction-debit = списание
books-direction-credit = поступление
books-why-unmatched = Почему не сопоставлено
books-because-no-number = у документа нет номера
books-because-no-payment = нет платежа с таким номером
books-because-amount-differs = другая сумма
books-because-before-order = банк провёл раньше даты поручения
books-because-ambiguous = подходит несколько платежей
books-because-already-matched = об этом платеже уже есть строка
books-because-partly-paid = реестр оплачен частично
books-because-not-a-return = поступление не названо возвратом

## Отклонения

books-list-unusual = Необычное
books-list-attempts = Отказы
books-list-about-unusual = На это стоит взглянуть человеку. Это не обвинение.
books-list-about-attempts = Попытки действий с сертификатами, в которых служба отказала.
books-unusual-caption = Необычные закономерности
books-unusual-caption-empty = Ничего необычного не найдено.
books-attempts-caption = Попытки в порядке времени
books-attempts-caption-empty = Отказов не было.
books-finding = Что замечено
books-figures = Показатели
books-at = Когда
books-action = Действие
books-refusal = Отказ
books-by-whom = Кто
books-action-suspend = приостановить
books-action-resume = возобновить
books-action-void = аннулировать
books-action-replace = заменить
books-action-extend = продлить
books-action-expire = снять резерв
books-action-redeem = погасить
books-action-reverse = отменить погашение
books-action-complete = завершить обучение
books-action-move = перенести зачисление
books-figure-amount = сумма
books-figure-by-number = по номеру
books-figure-redemptions = погашений
books-figure-hour-in-moscow = час по Москве
books-figure-hours = часов
books-figure-course-hours = часов курса
books-figure-course-runs = потоков
books-figure-pay = оплата
books-figure-sessions = занятий
books-figure-live-redemptions = действующих погашений
books-figure-seats = мест
books-figure-payments = платежей
books-figure-total = всего
books-figure-seconds-after-issue = секунд после выдачи

## Журнал

books-entries = Записи
books-journal-caption = Записи журнала по порядку
books-journal-caption-empty = Таких записей нет.
books-files = Журнал файлом
books-files-text = Все проводки программы за выбранные дни; в файле нет персональных данных.
books-format-csv = CSV для Excel
books-format-xlsx = Книга Excel (XLSX)
books-format-jsonl = JSON Lines
books-format-parquet = Apache Parquet
books-format-hledger = Журнал hledger
books-format-beancount = Книга beancount
books-periods = Закрытые месяцы
books-periods-caption = Месяцы, в которые больше ничего не записывается
books-periods-caption-empty = Ни один месяц ещё не закрыт.
books-closed-at = Закрыт
books-turnover = Оборот

## Виды записей

books-kind-initialised = Служба запущена
books-kind-agency-registered = Орган зарегистрирован
books-kind-university-registered = Университет зарегистрирован
books-kind-token-created = Доступ выдан
books-kind-token-revoked = Доступ отозван
books-kind-key-added = Ключ подписи добавлен
books-kind-key-compromised = Ключ признан скомпрометированным
books-kind-employees-imported = Сотрудники загружены
books-kind-payee-registered = Получатель зарегистрирован
books-kind-log-restored = Журнал восстановлен из копии
books-kind-pass-made = Одноразовый пропуск создан
books-kind-login-set-up = Вход настроен
books-kind-signed-in = Вход выполнен
books-kind-sign-in-ended = Вход завершён
books-kind-identity-linked = Учётная запись организации связана или отвязана
books-kind-programme-created = Программа создана
books-kind-programme-opened = Программа открыта
books-kind-programme-closed = Программа закрыта
books-kind-budget-line-created = Строка бюджета заведена
books-kind-quotas-set = Квоты установлены
books-kind-quota-move-proposed = Предложен перенос квоты
books-kind-quota-move-agreed = Орган согласен на перенос квоты
books-kind-quota-move-ended = Перенос квоты не состоялся
books-kind-proposed = Предложено, ждёт второго лица
books-kind-withdrawn = Предложение отозвано
books-kind-appropriation-made = Лимит доведён
books-kind-appropriation-reduced = Лимит уменьшен
books-kind-budget-moved = Лимит перенесён на другую строку
books-kind-year-closed = Год закрыт, остаток лимита возвращён
books-kind-period-closed = Отчётный период закрыт
books-kind-requested = Заявка подана
books-kind-request-approved = Заявка одобрена
books-kind-request-rejected = Заявка отклонена
books-kind-voucher-issued = Сертификат выдан, номинал зарезервирован
books-kind-voucher-suspended = Сертификат приостановлен
books-kind-voucher-resumed = Действие сертификата возобновлено
books-kind-voucher-voided = Сертификат аннулирован, резерв снят
books-kind-voucher-replaced = Сертификат заменён, резерв перешёл к новому
books-kind-voucher-extended = Срок сертификата продлён
books-kind-voucher-expired = Срок сертификата истёк, резерв снят
books-kind-holder-unmasked = Запрошено имя держателя
books-kind-course-run-created = Поток открыт
books-kind-course-run-closed = Поток закрыт, остаток обязательства снят
books-kind-redeemed = Сертификат погашен, обязательство принято
books-kind-redemption-reversed = Погашение отменено
books-kind-course-run-topped-up = Обязательство потока увеличено
books-kind-enrolment-moved = Зачисление перенесено в другой поток
books-kind-session-recorded = Занятие записано
books-kind-session-accepted = Занятие принято, оплата начислена
books-kind-payment-prepared = Платёж подготовлен
books-kind-payment-made = Платёж проведён
books-kind-payment-withdrawn = Платёж отозван до оплаты
books-kind-payment-returned = Платёж возвращён банком
books-kind-session-cancelled = Принятое занятие отменено, начисления сняты
books-kind-settlement-account-set = Лицевой счёт указан
books-kind-statement-imported = Банковская выписка загружена
books-kind-statement-item-resolved = Строка выписки разобрана
books-kind-instructor-contract-added = Договор с преподавателем добавлен
books-kind-attendance-recorded = Посещаемость записана
books-kind-results-recorded = Результаты тестов записаны
books-kind-completed = Обучение завершено
books-kind-payee-unmasked = Запрошено имя преподавателя
books-kind-contract-signed = Контракт кампании заключён
books-kind-act-accepted = Акт принят, оплата начислена
books-kind-contract-ended = Контракт завершён, остаток обязательства снят
books-kind-pairing-opened = Открыто сопряжение устройства
books-kind-device-paired = Устройство сопряжено
books-kind-device-revoked = Устройство отозвано
books-kind-conflict-opened = Открыт спорный случай
books-kind-conflict-decided = Спорный случай решён
books-kind-offline-item-rejected = Запись, сделанная без сети, отклонена

## Имена за псевдонимами

books-unmask = Показать имя
books-unmask-text = Запрос и его причина станут записью журнала. Список запросов видят офис программы и администратор. Не называйте в причине никого.
books-unmask-why = Зачем нужно имя, не меньше трёх слов
books-unmasked = Имя за псевдонимом
books-unmasked-text = Имя показано здесь один раз и нигде больше не сохранено. Запрос записан:
books-persons-name = Имя
books-whose-name = Чьё имя
books-unmaskings = Запросы имён
books-unmaskings-text = Кто из финансового контроля спрашивал, кто стоит за псевдонимом, и зачем. Самих имён здесь нет.
books-unmaskings-caption = Запросы, в порядке записи
books-unmaskings-caption-empty = Имён ещё никто не спрашивал.

## Сохранённые запросы

books-queries = Сохранённые запросы
books-queries-text = Страницы, к которым вы возвращаетесь. Их видите только вы.
books-queries-empty = Пока ничего не сохранено
books-queries-empty-text = Откройте бюджет, счета, проводки, платежи, отклонения или журнал с нужными условиями и нажмите «Сохранить запрос».
books-query-save = Сохранить запрос
books-query-name = Название
books-query-change = Изменить
books-query-rename = Переименовать
books-query-delete = Удалить
books-query-gone = Такой страницы больше нет.
