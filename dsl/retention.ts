import { value } from "./node.ts";

/**
 * Which backup sets stay: each rule keeps the newest set of each of its most recent periods that have one. Periods are those
 * of UTC, weeks are ISO weeks. The newest good set always stays, whatever the rules say, and nothing is removed after a
 * run that failed.
 */
export interface Retention {
  /**
   * The most recent sets, whatever their age.
   * @minimum 1
   * @maximum 10000
   * @integer
   */
  readonly last?: number;
  /**
   * Hours of which to keep the newest set.
   * @minimum 1
   * @maximum 10000
   * @integer
   */
  readonly hourly?: number;
  /**
   * Days of which to keep the newest set.
   * @minimum 1
   * @maximum 10000
   * @integer
   */
  readonly daily?: number;
  /**
   * ISO weeks of which to keep the newest set.
   * @minimum 1
   * @maximum 10000
   * @integer
   */
  readonly weekly?: number;
  /**
   * Months of which to keep the newest set.
   * @minimum 1
   * @maximum 10000
   * @integer
   */
  readonly monthly?: number;
  /**
   * Years of which to keep the newest set.
   * @minimum 1
   * @maximum 10000
   * @integer
   */
  readonly yearly?: number;
}

/**
 * Says which backup sets stay (grandfather, father, son).
 * @example keep({ daily: 7, weekly: 4, monthly: 6 })
 */
export function keep(rules: Retention): Retention {
  // From plain JavaScript anything may come; what is no object is passed on for the schema to refuse.
  return typeof rules === "object" && rules !== null ? value(keep, { ...rules }) : rules;
}
