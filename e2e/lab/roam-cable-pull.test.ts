import { it } from 'vitest';
import { useLab } from './fixture';
import { roamsEachWay } from './lengths';
import { roamsBackAndForth } from './roam-behaviour';

const lab = useLab();

it(
  'moves to the other adapter and back when only the cable of the one in use is pulled',
  { timeout: 120_000 + roamsEachWay * 10_000 },
  () => roamsBackAndForth(lab(), 'cablePull'),
);
