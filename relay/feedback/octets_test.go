package feedback

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"readback/relay/index"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// Feedback goes to the queue of its account, and a held receipt to its message, with the octets that they had.
func TestOctetsStay(t *testing.T) {
	row, err := json.Marshal(message.Feedback{Event: "01JABCDEFGHJKMNPQRSTVWXYZ0", Account: "caf\xe9"})
	if err != nil {
		t.Fatal(err)
	}
	if q, err := feedbackMessage(index.Row{Body: row}); err != nil || q.account != "caf\xe9" || q.Subject != queueSubject+"caf=E9" {
		t.Errorf("queue: got %+v, %v", q, err)
	}
	h := heldReceipt{Account: "caf\xe9", Sender: "m\xfcller", Receiver: "447700900123", MessageID: "\x80"}
	want := h
	h.Octets = message.Show(h.texts()...)
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var got heldReceipt
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	got.Restore(got.texts()...)
	if got.Octets = nil; !reflect.DeepEqual(got, want) {
		t.Errorf("held: got %+v, want %+v", got, want)
	}
}

// Dead letters are found by the account in UTF-8 or Latin-1, and replayed to the account that they are of.
func TestDeadLettersOfOctets(t *testing.T) {
	f := servedFixture(t)
	for _, account := range []string{"caf\xe9", "cafe\r\n"} {
		l := &letter{account: account, event: "event", data: []byte("{}"), seq: uint64(len(account))}
		if err := f.accounts.dead.store(relaytest.Deadline(t), l, errors.New("refused")); err != nil {
			t.Fatal(err)
		}
	}
	for account, want := range map[string]string{"café": "caf\xe9", "caf\xe9": "caf\xe9", "cafe\r\n": "cafe\r\n"} {
		all, _, err := f.DeadLetters(relaytest.Deadline(t), DeadQuery{Account: account, Limit: 10})
		if err != nil || len(all) != 1 || all[0].Account != want {
			t.Errorf("%q: got %+v, %v", account, all, err)
		}
	}
	if n, _, err := f.Replay(relaytest.Deadline(t), DeadQuery{Account: "café", Limit: 10}); n != 1 || err != nil {
		t.Errorf("replayed: got %d, %v", n, err)
	}
	c := relaytest.Conversation(t, "m\xfcller", "447700900123")
	f.fill("caf\xe9", c, "id")
	told := f.told("caf\xe9")
	fb := relaytest.Receive(t, told)
	if other := relaytest.Receive(t, told); fb.Account == "" { // that is the letter
		fb = other
	}
	if fb.Account != "caf\xe9" || fb.Conversation() != c || time.Since(fb.ReceivedAt) > time.Hour {
		t.Errorf("told: got %+v", fb)
	}
}
