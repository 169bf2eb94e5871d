/** The last and the first time that a Date has, epoch ms. */
const FARTHEST = 8.64e15;

/** Whether a value is a time in epoch ms that stands for a date. */
export const isDate = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) <= FARTHEST;
