import { it } from 'vitest';
import { useLab } from './fixture';
import { roamsBackAndForth } from './roam-behaviour';

const lab = useLab();

it('moves to the other adapter and back when only the cable of the one in use is pulled', () =>
  roamsBackAndForth(lab(), 'cablePull'));
