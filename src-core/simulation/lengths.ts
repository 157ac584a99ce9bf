/**
 * How much of something a test does: `usual` in every run, `long` in `npm run test:long`, where endurance and acceptance
 * are what counts. The environment variable `name` says another number for one run.
 */
export function testLength(name: string, usual: number, long: number): number {
  const { [name]: text, TEST_LENGTH: kind = 'usual' } = process.env;
  if (kind !== 'usual' && kind !== 'long') throw new RangeError(`TEST_LENGTH must be usual or long, not "${kind}"`);
  if (text === undefined) return kind === 'long' ? long : usual;
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0))
    throw new RangeError(`${name} must be a positive integer, not "${text}"`);
  return value;
}
