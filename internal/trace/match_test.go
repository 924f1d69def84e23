package trace

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
	"readback/udh"
)

// Connections of the gateway: an ESME's, the SMSC's of its link, and one of the pool.
const (
	esme = "esme"
	smsc = "smsc"
	pool = "pool"
)

func messageTo(to string) string {
	return "\x00\x00\x0110690001\x00\x01\x01" + to + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02hi"
}

func receiptOf(id, to string) string {
	text := "id:" + id + " stat:DELIVRD err:000"
	return "\x00\x01\x01" + to + "\x00\x00\x0110690001\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00" + string(rune(len(text))) + text
}

const other = "447700900102"

// line is two messages of bank, one of which shop sends, too, and the receipt of the first one in shared mode.
func line() (all []*Event) {
	add := func(session any, account string, sent bool, id pdu.ID, seq uint32, body string) *Event {
		e := &Event{Session: session, Account: account, Sent: sent, IsSMSC: session != esme, Frame: testpeer.Frame(id, 0, seq, body)}
		all = append(all, e)
		return e
	}
	add(esme, "", false, pdu.BindTransceiverID, 1, "bank\x00secret\x00\x00\x34\x00\x00\x00")
	add(esme, "", true, pdu.BindTransceiverRespID, 1, "SMSC\x00")
	add(esme, "bank", false, pdu.SubmitSMID, 2, messageTo(subscriber))
	add(smsc, "bank", true, pdu.SubmitSMID, 12, messageTo(subscriber))
	add(esme, "bank", false, pdu.SubmitSMID, 3, messageTo(other))
	add(pool, "shop", true, pdu.SubmitSMID, 2, messageTo(subscriber))
	add(smsc, "bank", false, pdu.SubmitSMRespID, 12, "00A1\x00")
	add(esme, "bank", true, pdu.SubmitSMRespID, 2, "00A1\x00")
	add(pool, "", false, pdu.SubmitSMRespID, 2, "B2\x00")
	add(esme, "bank", true, pdu.SubmitSMRespID, 3, "C3\x00")
	add(pool, "", false, pdu.DeliverSMID, 2, receiptOf("a1", subscriber)) // the number of a submit_sm the other way
	passed := add(esme, "bank", true, pdu.DeliverSMID, 9, receiptOf("a1", subscriber))
	passed.From, passed.Was = pool, 2
	add(esme, "bank", false, pdu.DeliverSMRespID, 9, "\x00")
	add(pool, "", true, pdu.DeliverSMRespID, 2, "\x00")
	add(esme, "bank", false, pdu.EnquireLinkID, 10, "")
	return all
}

// The PDUs that are wanted are shown together with their requests or responses, and no others.
func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		name   string
		filter Filter
		want   string
	}{
		{
			"account",
			Filter{Account: "bank"},
			"esme<bind_transceiver 1, esme>bind_transceiver_resp 1, esme<submit_sm 2, smsc>submit_sm 12, esme<submit_sm 3, " +
				"smsc<submit_sm_resp 12, esme>submit_sm_resp 2, esme>submit_sm_resp 3, pool<deliver_sm 2, esme>deliver_sm 9, " +
				"esme<deliver_sm_resp 9, pool>deliver_sm_resp 2, esme<enquire_link 10",
		},
		{"another account", Filter{Account: "shop"}, "pool>submit_sm 2, pool<submit_sm_resp 2"},
		{
			"receiver",
			Filter{Receiver: "+" + subscriber},
			"esme<submit_sm 2, smsc>submit_sm 12, pool>submit_sm 2, smsc<submit_sm_resp 12, esme>submit_sm_resp 2, pool<submit_sm_resp 2, " +
				"pool<deliver_sm 2, esme>deliver_sm 9, esme<deliver_sm_resp 9, pool>deliver_sm_resp 2",
		},
		{
			"message_id",
			Filter{MessageID: "00A1"},
			"smsc>submit_sm 12, smsc<submit_sm_resp 12, esme<submit_sm 2, esme>submit_sm_resp 2, " +
				"pool<deliver_sm 2, esme>deliver_sm 9, esme<deliver_sm_resp 9, pool>deliver_sm_resp 2",
		},
		{"message_id of another receiver", Filter{MessageID: "00A1", Receiver: other}, ""},
		{"message_id of a receiver", Filter{MessageID: "C3", Receiver: other}, "esme<submit_sm 3, esme>submit_sm_resp 3"},
		{"message_id of another account", Filter{MessageID: "B2", Account: "bank"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.filter.Prepare(); err != nil {
				t.Fatal(err)
			}
			m := newMatcher(&tt.filter)
			var got []string
			for _, e := range line() {
				for _, e := range m.take(e) {
					direction := "<"
					if e.Sent {
						direction = ">"
					}
					got = append(got, fmt.Sprint(e.Session, direction, smpp.Command(e.Frame.ID()), " ", e.Frame.Seq()))
					if p := newPDU(e, &tt.filter, udh.GSM7); p.Account == "" && (p.Command != "deliver_sm" || tt.filter.Account != "") {
						t.Errorf("%s %d: no account", p.Command, p.Sequence)
					}
				}
			}
			if all := strings.Join(got, ", "); all != tt.want {
				t.Errorf("\n got %s\nwant %s", all, tt.want)
			}
		})
	}
}

// Requests without a response do not fill the memory.
func TestMatcherIsBounded(t *testing.T) {
	f := Filter{MessageID: "x"}
	m := newMatcher(&f)
	e := line()[2]
	for seq := range uint32(maxOpen + 100) {
		one := *e
		one.Frame = testpeer.Frame(pdu.SubmitSMID, 0, seq, messageTo(subscriber))
		m.take(&one)
	}
	if len(m.open) != maxOpen || len(m.order) != maxOpen {
		t.Errorf("got %d and %d requests, want %d", len(m.open), len(m.order), maxOpen)
	}
	long := make([]byte, smpp.MaxFrameLen-smpp.HeaderLen)
	for seq := range uint32(200) {
		one := *e
		one.Frame = testpeer.Frame(pdu.SubmitSMID, 0, 1<<20+seq, string(long))
		m.take(&one)
	}
	if m.octets > maxOpenOctets || len(m.open) != len(m.order) {
		t.Errorf("got %d octets of %d requests, %d open", m.octets, len(m.order), len(m.open))
	}
}

// Who looks and does not take what it is shown holds up nobody, and learns what it has missed.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		watched := false
		ts := NewTraces(Options{Watch: func(on bool) { watched = on }})
		tr, err := ts.Start(Filter{Account: "bank"})
		if err != nil || !watched {
			t.Fatal(err, watched)
		}
		synctest.Wait()
		e := line()[2]
		for range maxShown + 500 {
			ts.See(e)
			synctest.Wait()
		}
		tr.Stop()
		if lost, unseen := tr.Lost(); lost != 500 || unseen != 0 || len(tr.shown) != maxShown {
			t.Errorf("got %d shown, %d lost, %d unseen", len(tr.shown), lost, unseen)
		}
		ts.See(e)
		if watched || len(tr.queue) != 0 {
			t.Errorf("stopped: got %v, and %d PDUs", watched, len(tr.queue))
		}
	})
}

// What comes faster than it can be looked at is counted; the queue is bounded by PDUs and by octets.
func TestFullQueue(t *testing.T) {
	for _, tt := range []struct{ octets, want int }{{100, maxQueued}, {64 << 10, maxOctets / (64 << 10)}} {
		tr := &Trace{queue: make(chan *Event, maxQueued)} // nobody looks
		e := &Event{Frame: make(smpp.Frame, tt.octets)}
		for range tt.want + 10 {
			tr.see(e)
		}
		if _, unseen := tr.Lost(); unseen != 10 || len(tr.queue) != tt.want {
			t.Errorf("of %d octets: got %d in the queue, %d unseen", tt.octets, len(tr.queue), unseen)
		}
	}
}

// Only so many look at a time.
func TestTooManyTraces(t *testing.T) {
	ts := NewTraces(Options{Watch: func(bool) {}})
	var all []*Trace
	for range maxTraces {
		tr, err := ts.Start(Filter{Account: "bank"})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, tr)
	}
	if _, err := ts.Start(Filter{Account: "bank"}); err != ErrTooMany {
		t.Errorf("one more: got %v", err)
	}
	all[0].Stop()
	all[0], _ = ts.Start(Filter{Account: "bank"})
	for _, tr := range all {
		tr.Stop()
	}
	if len(ts.all) != 0 {
		t.Errorf("got %d traces", len(ts.all))
	}
}
