// An ESME by node-smpp: binds, sends one message, unbinds, and exits 0 when all
// was answered with ESME_ROK. Arguments: port, system_id, password, and over TLS the
// authority's file, and the files of its own certificate and key.
'use strict';

const fs = require('fs');
const smpp = require('smpp');

const [port, systemId, password, ca, cert, key] = process.argv.slice(2);
const options = {host: '127.0.0.1', port: Number(port)};
if (ca) {
	Object.assign(options, {tls: true, ca: fs.readFileSync(ca)});
}
if (cert) {
	Object.assign(options, {cert: fs.readFileSync(cert), key: fs.readFileSync(key)});
}

function leave(code, what) {
	console.log(what);
	process.exit(code);
}

const session = smpp.connect(options, () => {
	session.bind_transceiver({system_id: systemId, password: password}, expect(() => {
		const message = {source_addr: '10690001', destination_addr: '447700900101', short_message: 'Hello'};
		session.submit_sm(message, expect((resp) => {
			session.unbind({}, expect(() => leave(0, 'message_id ' + resp.message_id)));
		}));
	}));
});
session.on('error', (error) => leave(1, String(error)));
session.on('close', () => leave(1, 'closed'));

function expect(then) {
	return (resp) => (resp.command_status === 0 ? then(resp) : leave(1, 'status ' + resp.command_status));
}
