// An SMSC by node-smpp: takes any bind, gives message_ids, prints what it gets, and
// sends the deliver_sm that it is told to.
'use strict';

const smpp = require('smpp');
const {commands, print} = require('./json');

let messages = 0;
let last;
const bodies = {
	bind_transceiver: () => ({system_id: 'node', sc_interface_version: 0x34}),
	submit_sm: () => ({message_id: 'node-' + (++messages)}),
	data_sm: () => ({message_id: 'node-' + (++messages)}),
	query_sm: (pdu) => ({message_id: pdu.message_id, message_state: 2}),
};

const server = smpp.createServer((session) => {
	last = session;
	session.on('error', (error) => print('error', {message: String(error)}));
	session.on('pdu', (pdu) => {
		print(pdu.isResponse() ? 'response' : 'request', pdu);
		if (!pdu.isResponse()) {
			session.send(pdu.response((bodies[pdu.command] || (() => ({})))(pdu)));
		}
		if (pdu.command === 'unbind') {
			session.close();
		}
	});
});
server.listen(0, '127.0.0.1', () => print('listening', {port: server.address().port}));
commands((c) => last[c.do](c.pdu || {}));
