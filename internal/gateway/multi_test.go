package gateway

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/internal/testpeer"
	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/smpp"
)

const (
	multiFrom = "\x00\x00\x0110690001\x00"
	multiTail = "\x00\x00\x00\x00\x00\x01\x00\x00\x00\x05Hello"
)

// toAll is a submit_multi to the receivers; one that is no number is a list.
func toAll(seq uint32, receivers ...string) smpp.Frame {
	body := multiFrom + string(rune(len(receivers)))
	for _, r := range receivers {
		if r[0] >= '0' && r[0] <= '9' {
			body += "\x01\x01\x01" + r + "\x00"
		} else {
			body += "\x02" + r + "\x00"
		}
	}
	return testpeer.Frame(pdu.SubmitMultiID, 0, seq, body+multiTail)
}

// part is the submit_sm to one of them, with its number.
func part(seq uint32, receiver string, number byte) smpp.Frame {
	return testpeer.Frame(pdu.SubmitSMID, 0, seq, multiFrom+"\x01\x01"+receiver+"\x00"+
		"\x40\x00\x00\x00\x00\x01\x00\x00\x00\x0A\x04\x80\x02\x00"+string(rune(number))+"Hello")
}

// failed is one entry of the unsuccess list (SMPP 3.4 §4.5.3).
func failed(receiver string, status pdu.Status) string {
	return "\x01\x01" + receiver + "\x00" + string(binary.BigEndian.AppendUint32(nil, uint32(status)))
}

func multiResp(status pdu.Status, id string, failures ...string) smpp.Frame {
	body := id + "\x00" + string(rune(len(failures)))
	for _, f := range failures {
		body += f
	}
	return testpeer.Frame(pdu.SubmitMultiRespID, status, 2, body)
}

// multiLedger counts from 1 and reports what was refused; the test writes the
// records of parts into the log.
func multiLedger() (l fakeLedger, records <-chan record, refused <-chan uint16) {
	r, log := make(chan uint16, 300), make(chan record, 300)
	l = refusing(r)
	note := func(id []byte, w ledger.Waiter, token uint64) {
		if _, ok := w.(*multiSubmit); ok {
			log <- record{string(id), w, token}
			return
		}
		w.Logged(token)
	}
	l.accept = func(_ *ledger.Sent, id []byte, w ledger.Waiter, token uint64) { note(id, w, token) }
	l.route = func(_ string, _ journal.Place, id []byte, w ledger.Waiter, token uint64) { note(id, w, token) }
	return l, log, r
}

var splitting = Account{Policy: numbering.Policy{When: numbering.All, SplitMulti: true}}

// three are the receivers of the tests below.
var three = []string{"447700900001", "447700900002", "447700900003"}

// parts reads the submit_sm of a submit_multi to three, numbered in their order,
// and returns their sequence_numbers.
func parts(smsc *testpeer.Peer) (seqs []uint32) {
	smsc.T.Helper()
	var number byte
	for i, r := range three {
		f := smsc.Next("part")
		if i == 0 {
			number = f[len(f)-len("Hello")-1]
		}
		if want := part(f.Seq(), r, number+byte(i)); !bytes.Equal(f, want) {
			smsc.T.Fatalf("part %d: got\n% x, want\n% x", i, []byte(f), []byte(want))
		}
		seqs = append(seqs, f.Seq())
	}
	return seqs
}

// Each receiver gets a submit_sm with a number of its own; the ESME gets one answer,
// when all are answered and in the log.
func TestSplit(t *testing.T) {
	const throttled, full = smpp.StatusThrottled, smpp.StatusQueueFull
	tests := []struct {
		name    string
		answers [3]pdu.Status // of the last, the first, the second
		want    smpp.Frame
	}{
		{"all accepted", [3]pdu.Status{}, multiResp(0, "id0")},
		{"the first refused", [3]pdu.Status{0, throttled, 0}, multiResp(0, "id0", failed(three[0], throttled))},
		{"the last refused", [3]pdu.Status{throttled, 0, 0}, multiResp(0, "id1", failed(three[2], throttled))},
		{
			"two refused",
			[3]pdu.Status{throttled, full, 0},
			multiResp(0, "id2", failed(three[2], throttled), failed(three[0], full)),
		},
		{
			"all refused",
			[3]pdu.Status{throttled, throttled, full},
			multiResp(full, "", failed(three[2], throttled), failed(three[0], throttled), failed(three[1], full)),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ledger, records, refused := multiLedger()
			inBothModes(t, setup{ledger: ledger}, splitting, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				esme.Send(toAll(2, three...))
				seqs := parts(smsc)
				var written []record
				for i, n := range []int{2, 0, 1} {
					if tt.answers[i] != smpp.StatusOK {
						smsc.Send(testpeer.Frame(pdu.SubmitSMRespID, tt.answers[i], seqs[n], ""))
						testpeer.Receive(t, "refusal", refused)
						continue
					}
					smsc.Send(accepted(seqs[n], fmt.Sprint("id", i)))
					written = append(written, testpeer.Receive(t, "record", records))
				}
				for _, r := range written {
					esme.WantNothing()
					r.logged()
				}
				esme.Want("submit_multi_resp", tt.want)
				if got := w.count("readback_submits_total", "skip=numbered"); got != 3 {
					t.Errorf("numbered: got %v, want 3", got)
				}
				esme.Send(text(receiver, 3)) // it goes on
				smsc.Next("submit_sm")
			})
		})
	}
}

// What the SMSC does not answer counts as refused, whether it is silent or gone.
func TestSplitUnanswered(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(smsc *testpeer.Peer)
	}{
		{"silent", func(*testpeer.Peer) {}},
		{"gone", func(smsc *testpeer.Peer) { _ = smsc.Conn.Close() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ledger, records, refused := multiLedger()
			s := setup{ledger: ledger, inMemory: true, options: func(o *Options) { o.ResponseTimeout = 200 * time.Millisecond }}
			inBothModes(t, s, splitting, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				esme.Send(toAll(2, three...))
				seqs := parts(smsc)
				smsc.Send(accepted(seqs[1], "A"))
				testpeer.Receive(t, "record", records).logged()
				tt.do(smsc)
				f := esme.Next("submit_multi_resp")
				lost := []string{failed(three[0], smpp.StatusSysErr), failed(three[2], smpp.StatusSysErr)}
				other := multiResp(0, "A", lost[1], lost[0])
				if !bytes.Equal(f, multiResp(0, "A", lost...)) && !bytes.Equal(f, other) {
					t.Errorf("got % x, want % x", []byte(f), []byte(other))
				}
				for range 2 {
					testpeer.Receive(t, "refusal", refused)
				}
			})
		})
	}
}

// A part that cannot be numbered goes unnumbered, or counts as refused.
func TestSplitUnnumbered(t *testing.T) {
	away := fakeLedger{assign: func(s *ledger.Sent) error {
		if s.Conversation.Receiver.String() == three[1] {
			return errors.New("away")
		}
		s.Number = 1
		return nil
	}}
	for _, tt := range []struct {
		name   string
		reject bool
		want   smpp.Frame
	}{
		{"pass", false, multiResp(0, "A")},
		{"reject", true, multiResp(0, "A", failed(three[1], smpp.StatusSysErr))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			account := splitting
			account.RejectOnFailure = tt.reject
			inBothModes(t, setup{ledger: away}, account, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				esme.Send(toAll(2, three...))
				for i, r := range three {
					if i == 1 && tt.reject {
						continue
					}
					f, want := smsc.Next("part"), part(0, r, 1)
					if i == 1 {
						want = testpeer.Frame(pdu.SubmitSMID, 0, 0, multiFrom+"\x01\x01"+r+"\x00"+multiTail)
					}
					want.SetSeq(f.Seq())
					if !bytes.Equal(f, want) {
						t.Errorf("part %d: got\n% x, want\n% x", i, []byte(f), []byte(want))
					}
					smsc.Send(accepted(f.Seq(), "A"))
				}
				esme.Want("submit_multi_resp", tt.want)
				if got := w.count("readback_submits_total", "skip=ledger_down"); got != 1 {
					t.Errorf("ledger_down: got %v, want 1", got)
				}
			})
		})
	}
}

// What is accepted without a message_id is accepted, and what has another answer is not.
func TestSplitOddAnswers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		first func(seq uint32) smpp.Frame
		want  smpp.Frame
	}{
		{
			"no message_id",
			func(seq uint32) smpp.Frame { return accepted(seq, "") },
			multiResp(0, "", failed(three[1], smpp.StatusThrottled), failed(three[2], smpp.StatusThrottled)),
		},
		{
			"another answer",
			func(seq uint32) smpp.Frame { return testpeer.Frame(pdu.GenericNACKID, 0, seq, "") },
			multiResp(smpp.StatusThrottled, "",
				failed(three[0], smpp.StatusSysErr), failed(three[1], smpp.StatusThrottled), failed(three[2], smpp.StatusThrottled)),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBothModes(t, setup{ledger: refusing(make(chan uint16, 10))}, splitting, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				esme.Send(toAll(2, three...))
				for i, seq := range parts(smsc) {
					if i == 0 {
						smsc.Send(tt.first(seq))
						continue
					}
					smsc.Send(testpeer.Frame(pdu.SubmitSMRespID, smpp.StatusThrottled, seq, ""))
				}
				esme.Want("submit_multi_resp", tt.want)
			})
		})
	}
}

// A part without the marker waits for the last one, whether it has one receiver or many.
func TestSplitFirstPart(t *testing.T) {
	account := Account{Policy: numbering.Policy{When: numbering.All, SplitMulti: true, Carriage: numbering.ByMarker, Overflow: numbering.RejectNoRoom}}
	ledger := fakeLedger{follow: func(*ledger.Sent) bool { return true }}
	inBothModes(t, setup{ledger: ledger}, account, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		part := "\x40\x00\x00\x00\x00\x01\x00\x00\x00\x0B\x05\x00\x03\x2A\x02\x01Hello"
		list := toAll(2, three...)
		body := string(list[smpp.HeaderLen : len(list)-len(multiTail)])
		esme.Send(testpeer.Frame(pdu.SubmitMultiID, 0, 2, body+part))
		for _, r := range three {
			f := smsc.Next("part")
			if want := testpeer.Frame(pdu.SubmitSMID, 0, f.Seq(), multiFrom+"\x01\x01"+r+"\x00"+part); !bytes.Equal(f, want) {
				t.Errorf("got\n% x, want\n% x", []byte(f), []byte(want))
			}
			smsc.Send(accepted(f.Seq(), "A"))
		}
		esme.Want("submit_multi_resp", multiResp(0, "A"))
	})
}
