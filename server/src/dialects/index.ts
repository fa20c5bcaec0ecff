/** The languages Gatewalk reads. A dialect is its folder and its line here. */
import type { Dialect } from './dialect';
import { ipfDialect } from './ipf';
import { ipnatDialect } from './ipnat';
import { ippoolDialect } from './ippool';
import { setkeyDialect } from './setkey';

export const dialects: readonly Dialect[] = [ipfDialect, ipnatDialect, ippoolDialect, setkeyDialect];
