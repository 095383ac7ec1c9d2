/**
 * What the device itself says of a voucher: `good`, `refused` (it is known to be no good) or `cannot_tell`
 * (what is needed to decide is missing or too old). The last is never shown as "invalid".
 *
 * @typedef {object} Verdict
 * @property {'good'|'refused'|'cannot_tell'} verdict
 * @property {string|null} code why, by the service's refusal codes where there is one
 * @property {object} facts what is known of the case
 * @property {object|null} claims what the credential says, once its signature holds
 * @property {boolean} acceptable of `cannot_tell`: staff may take it, to be decided later
 */

/** Thrown where a check ends in a refusal. */
export class Refused extends Error {
  constructor(code, facts = {}) {
    super(code);
    this.code = code;
    this.facts = facts;
  }
}

export const good = (claims, facts = {}) => ({ verdict: 'good', code: null, facts, claims, acceptable: true });

export const refused = (code, facts = {}, claims = null) => ({
  verdict: 'refused',
  code,
  facts,
  claims,
  acceptable: false,
});

export const cannotTell = (code, facts, claims, acceptable) => ({
  verdict: 'cannot_tell',
  code,
  facts,
  claims,
  acceptable,
});
