import { types } from 'pg';

const UUID = 2950;
const INT8 = 20;

/**
 * How PostgreSQL values look in this project, for the ORM and for plain statements alike: ids are 32 lower-case hex
 * digits (PostgreSQL takes that form as input too), and bigint is a number (sequence values and counters stay far
 * below 2^53).
 */
types.setTypeParser(UUID, (text) => text.replaceAll('-', ''));
types.setTypeParser(INT8, Number);
