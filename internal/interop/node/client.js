// An ESME by node-smpp: sends the PDUs that it is told to, prints those it gets,
// and answers what the SMSC asks.
'use strict';

const smpp = require('smpp');
const {commands, print} = require('./json');

const session = smpp.connect({host: '127.0.0.1', port: Number(process.argv[2])}, () => {
	commands((c) => session[c.do](c.pdu || {}));
});
session.on('pdu', (pdu) => {
	print(pdu.isResponse() ? 'response' : 'request', pdu);
	if (!pdu.isResponse() && pdu.command !== 'alert_notification') {
		session.send(pdu.response());
	}
});
session.on('error', (error) => print('error', {message: String(error)}));
session.on('close', () => {
	print('close', {});
	process.exit(0);
});
