// How the scripts talk with the tests: one JSON object a line, octets as {"hex": "…"}.
'use strict';

const readline = require('readline');

exports.commands = function (handle) {
	const lines = readline.createInterface({input: process.stdin});
	lines.on('line', (line) => handle(JSON.parse(line, octets)));
	lines.on('close', () => process.exit(0));
};

exports.print = function (event, pdu) {
	process.stdout.write(JSON.stringify(Object.assign({event: event}, hex(pdu))) + '\n');
};

function octets(key, value) {
	return value && typeof value.hex === 'string' ? Buffer.from(value.hex, 'hex') : value;
}

function hex(value) {
	if (Buffer.isBuffer(value)) {
		return {hex: value.toString('hex')};
	}
	if (Array.isArray(value)) {
		return value.map(hex);
	}
	if (value && typeof value === 'object' && !(value instanceof Date)) {
		const out = {};
		for (const key of Object.keys(value)) {
			out[key] = hex(value[key]);
		}
		return out;
	}
	return value;
}
