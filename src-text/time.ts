import { t } from './index';

const two = (value: number): string => String(value).padStart(2, '0');

/** `00:02:52`, beyond a day `1 day 00:02:52`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const time = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const days = Math.floor(seconds / 86400);
  if (days === 0) return time;
  return days === 1 ? t('status.day', { time }) : t('status.days', { days, time });
}

/** What is left of an outage: `29:41`, or `7:59:12`. */
export function formatCountdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  const rest = `${hours > 0 ? two(Math.floor(seconds / 60) % 60) : Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** `10 seconds`, `30 minutes`, `1 hour`. */
export function formatSpan(seconds: number): string {
  if (seconds % 60 !== 0) return seconds === 1 ? t('time.second') : t('time.seconds', { count: seconds });
  if (seconds % 3600 === 0) return seconds === 3600 ? t('time.hour') : t('time.hours', { count: seconds / 3600 });
  return seconds === 60 ? t('time.minute') : t('time.minutes', { count: seconds / 60 });
}
