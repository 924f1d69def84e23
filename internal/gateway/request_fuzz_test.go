package gateway

import (
	"bytes"
	"io"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/smpp"
)

// addBodies gives a fuzzer the bodies of the golden PDUs, whole and cut off, of which each wants some.
func addBodies(f *testing.F, wants func(id pdu.ID) bool) {
	f.Helper()
	for _, g := range golden.All(f) {
		if in := smpp.Frame(g.In); wants(in.ID()) {
			for n := range len(in.Body()) + 1 {
				f.Add(in.Body()[:n])
			}
		}
	}
}

// take is the C-octet string that b begins with, and what is behind it; ok is false without its end.
func take(b []byte) (word string, rest []byte, ok bool) {
	for i, octet := range b {
		if octet == 0 {
			return string(b[:i]), b[i+1:], true
		}
	}
	return string(b), nil, false
}

// FuzzBind shows that a bind is read as SMPP 3.4 §4.1 has it, with zero in place of what is missing at its
// end, and refused only if system_id has no end, or it is longer than any PDU that go-smpp reads.
func FuzzBind(f *testing.F) {
	addBodies(f, smpp.IsBind)
	f.Add([]byte("bank\x00secret\x00\x00\x34\x00\x00\x00\x14\x00\x00\xFFab"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > smpp.MaxFrameLen-smpp.HeaderLen {
			return
		}
		account, rest, named := take(body)
		password, rest, _ := take(rest)
		_, rest, _ = take(rest)
		version, missing := byte(0), 0
		if len(rest) > 0 {
			version = rest[0]
		}
		if named {
			missing = missingOf(body)
		}
		fields, got := mandatory(body)
		if got != missing && named || !bytes.HasPrefix(append(bytes.Clone(body), make([]byte, 7)...), fields) {
			t.Fatalf("mandatory fields: got %q and %d missing, want %d", fields, got, missing)
		}
		for id, state := range map[pdu.ID]smpp.State{
			pdu.BindTransmitterID: smpp.BoundTX, pdu.BindReceiverID: smpp.BoundRX, pdu.BindTransceiverID: smpp.BoundTRX,
		} {
			b, err := readBind(testpeer.Frame(id, 0, 1, string(body)))
			read := named && smpp.HeaderLen+len(fields) <= pdu.MaxSize
			if (err == nil) != read {
				t.Fatalf("got %v, want it read %t", err, read)
			}
			if read && (b.account != account || string(b.password) != password || b.version != version || b.state != state || b.id != id || b.missing != missing) {
				t.Fatalf("got %+v, want %q, %q, %02x, %v, %d missing", b, account, password, version, state, missing)
			}
		}
	})
}

// missingOf counts the octets that must be put behind the body of a bind so that its mandatory fields are
// there.
func missingOf(body []byte) (n int) {
	for ; ; n++ {
		_, rest, ok1 := take(append(bytes.Clone(body), make([]byte, n)...))
		_, rest, ok2 := take(rest)
		_, rest, ok3 := take(rest)
		if ok1 && ok2 && ok3 && len(rest) >= 3 {
			if _, _, ok := take(rest[3:]); ok {
				return n
			}
		}
	}
}

// FuzzCancel shows that the parts of a message are cancelled by requests that differ from the
// ESME's in their message_id only, and that one which cannot be read goes on as it came.
func FuzzCancel(f *testing.F) {
	addBodies(f, func(id pdu.ID) bool { return id == pdu.CancelSMID })
	for _, addresses := range []string{"\x00\x01\x00\x01\x01447700900123\x00", "\x00\x0110690001\x00\x00\x00\x00"} { // one is none
		f.Add([]byte("\x00A\x00" + addresses))
	}
	f.Add([]byte("\x00\x00\x00\x0110690001\x00\x01\x01447700900123\x00")) // all messages to the receiver
	f.Add([]byte("CMT\x00A\x00\x01\x01+447700900123\x00\x05\x00BANK\x00tail"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 1000 {
			return
		}
		service, rest, ok1 := take(body)
		id, behind, ok2 := take(rest)
		readable := ok1 && ok2 && id != ""
		var c message.Conversation
		rest = behind
		for _, to := range []*message.Addr{&c.Sender, &c.Receiver} {
			if !readable || len(rest) < 2 {
				readable = false
				break
			}
			addr, more, ok := take(rest[2:])
			normal, err := message.NormalAddr([]byte(addr))
			*to, rest, readable = normal, more, ok && err == nil
		}
		asked, up := false, &fakeUpstream{}
		l := offlineFor(t, fakeLedger{partIDs: func(got message.Conversation, gotID, _ []byte) [][]byte {
			if asked = true; got != c || string(gotID) != id {
				t.Errorf("parts of %q in %v were asked for, want of %q in %v", gotID, got, id, c)
			}
			return [][]byte{[]byte("P1"), []byte("P2")}
		}}, up)
		w, taken := newPartsCancel(l, testpeer.Frame(pdu.CancelSMID, 0, 7, string(body)))
		if taken {
			w.send()
		}
		if taken != readable || asked != readable {
			t.Errorf("taken %t, asked %t, want %t", taken, asked, readable)
		}
		for n, f := range up.sent {
			want := service + "\x00P" + string(rune('1'+n)) + "\x00" + string(behind)
			if string(f.Body()) != want || f.ID() != pdu.CancelSMID || f.Len() != len(f) {
				t.Errorf("part %d: got % x, want body % x", n+1, []byte(f), want)
			}
		}
		if want := map[bool]int{true: 2}[readable]; len(up.sent) != want {
			t.Errorf("sent %d requests, want %d", len(up.sent), want)
		}
	})
}

// FuzzOperate shows that the message_id of a query_sm, cancel_sm or replace_sm is read where the
// SMSC reads it: nobody may name one message here and another there.
func FuzzOperate(f *testing.F) {
	addBodies(f, func(id pdu.ID) bool { return operations[id].refused != 0 })
	f.Add([]byte("A\x00B\x00C\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 1000 {
			return
		}
		first, rest, _ := take(body)
		second, _, _ := take(rest)
		for id, want := range map[pdu.ID]string{pdu.QuerySMID: first, pdu.ReplaceSMID: first, pdu.CancelSMID: second} {
			up, asked := &fakeUpstream{}, askedLedger{}
			l := offlineFor(t, &asked, up)
			in := testpeer.Frame(id, 0, 7, string(body))
			if err := (fromAccount{l}).operate(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			if asked.id != want || len(up.sent) != 1 || !bytes.Equal(up.sent[0], in) {
				t.Errorf("%s: asked for %q, want %q, and it to go on as it came", smpp.Command(id), asked.id, want)
			}
		}
	})
}

// askedLedger says that every message is of the account bank, and which one it was asked for.
type askedLedger struct {
	fakeLedger
	id string
}

func (l *askedLedger) Routed(_ message.Conversation, id []byte) (account string, ok bool) {
	l.id = string(id)
	return "bank", true
}

// offlineFor is offline for a fuzzer: what the ESME gets is thrown away.
func offlineFor(t *testing.T, ledger Ledger, up *fakeUpstream) *link {
	t.Helper()
	l, esme := offline(t, ledger, Account{}, up)
	go func() { _, _ = io.Copy(io.Discard, esme.Conn) }()
	return l
}
