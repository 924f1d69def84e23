package gateway

import (
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// exchange is what an ESME and the SMSC send each other, through a gateway with a real ledger.
type exchange struct {
	t          *testing.T
	esme, smsc *testpeer.Peer
	seq        uint32
}

// splitRequested is an account whose messages have a number if they ask for it.
var splitRequested = Account{Policy: numbering.Policy{When: numbering.Requested, Overflow: numbering.SplitNoRoom}}

// requested asks for a number and for the SMSC's receipt.
const requested = 0x05

func (x *exchange) next() uint32 {
	x.seq++
	return x.seq
}

// split sends a message that goes in three parts, which get these message_ids.
func (x *exchange) split(ids ...string) {
	x.t.Helper()
	f := long(x.next(), requested)
	x.esme.Send(f)
	var parts []smpp.Frame
	for range ids {
		parts = append(parts, x.smsc.Next("part"))
	}
	for i, id := range ids {
		x.smsc.Send(accepted(parts[i].Seq(), id))
	}
	x.esme.Want("submit_sm_resp", accepted(f.Seq(), ids[0]))
}

// whole sends a message that the SMSC accepts with a message_id.
func (x *exchange) whole(from, to string, registered byte, id string) {
	x.t.Helper()
	x.submit(simulator.ShortMessage{
		From: simulator.Number(from), To: simulator.Number(to), RegisteredDelivery: registered, UserData: []byte("Hello"),
	}, id)
}

func (x *exchange) submit(m simulator.ShortMessage, id string) {
	x.t.Helper()
	f := m.Append(nil, pdu.SubmitSMID, x.next())
	x.esme.Send(f)
	x.smsc.Send(accepted(x.smsc.Next("submit_sm").Seq(), id))
	x.esme.Want("submit_sm_resp", accepted(f.Seq(), id))
}

// receiptFrom is a receipt with these addresses.
func (x *exchange) receiptFrom(from, to, id, stat string) smpp.Frame {
	return simulator.ShortMessage{
		From: simulator.Number(from), To: simulator.Number(to), ESMClass: smpp.ESMClassReceipt,
		UserData: []byte("id:" + id + " sub:001 dlvrd:001 submit date:2611230829 done date:2611230831 stat:" + stat + " err:000 text:"),
	}.Append(nil, pdu.DeliverSMID, x.next())
}

// passes checks that the ESME gets a receipt as it is.
func (x *exchange) passes(what string, f smpp.Frame) {
	x.t.Helper()
	x.smsc.Send(f)
	x.esme.Want(what, f)
	x.esme.Send(delivered(f.Seq()))
	x.smsc.Want("deliver_sm_resp", delivered(f.Seq()))
}

// merges checks that the gateway keeps a receipt as that of a part.
func (x *exchange) merges(what string, f smpp.Frame) {
	x.t.Helper()
	x.smsc.Send(f)
	x.smsc.Want(what, taken(f.Seq(), smpp.StatusOK))
}

// completes checks that the ESME gets the receipt of a whole message in place of f.
func (x *exchange) completes(f smpp.Frame, id, stat string) {
	x.t.Helper()
	x.smsc.Send(f)
	got := x.esme.Next("receipt of the whole")
	if text := string(parsed(x.t, got).UserData()); !strings.HasPrefix(text, "id:"+id+" ") || !strings.Contains(text, " stat:"+stat+" ") {
		x.t.Fatalf("receipt of the whole: got %q, want id %s and %s", text, id, stat)
	}
	x.esme.Send(delivered(got.Seq()))
	x.smsc.Want("deliver_sm_resp", delivered(f.Seq()))
}

// withRealLedger runs a test in both modes, as it is and with a restart of the ledger where it says so.
func withRealLedger(t *testing.T, account Account, run func(x *exchange, restart func())) {
	t.Helper()
	for name, restarts := range map[string]bool{"": false, "restart": true} {
		t.Run(name, func(t *testing.T) {
			l := newStoredLedger(t)
			inBothModes(t, setup{ledger: l.fake()}, account, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				run(&exchange{t: t, esme: esme, smsc: smsc, seq: 1}, func() {
					if restarts {
						l.restart()
					}
				})
			})
		})
	}
}

// The newest message with a message_id owns the id, whatever message that is. The receipts of the other
// parts of the message that lost an id are still its own.
func TestIDIsUsedAgain(t *testing.T) {
	const sender, another = "10690001", "447700900124"
	withRealLedger(t, splitRequested, func(x *exchange, restart func()) {
		receipt := func(id, stat string) smpp.Frame { return x.receiptFrom(receiver, sender, id, stat) }
		x.split("1", "2", "3")
		x.whole(sender, receiver, requested, "01") // zeros do not count
		x.whole(sender, receiver, 1, "2")          // it has no number
		restart()
		x.passes("receipt of a message with a number", receipt("1", "DELIVRD"))
		x.passes("receipt of a message without a number", receipt("2", "UNDELIV"))
		x.merges("receipt of the part that is left", receipt("3", "DELIVRD"))

		x.split("11", "12", "13")
		x.merges("receipt of the old message's part", receipt("12", "UNDELIV"))
		x.split("11", "14", "15") // the first part's id names the message
		restart()
		x.merges("receipt of the old message's part", receipt("13", "DELIVRD"))
		x.merges("receipt of the new message's part", receipt("11", "DELIVRD"))
		x.merges("receipt of the new message's part", receipt("14", "DELIVRD"))
		x.completes(receipt("15", "DELIVRD"), "11", "DELIVRD")

		x.split("21", "22", "23")
		x.whole(sender, another, requested, "21")
		x.whole(sender, another, 1, "22")
		x.passes("receipt of a message to another receiver", x.receiptFrom(another, sender, "21", "UNDELIV"))
		x.passes("receipt of one without a number", x.receiptFrom(another, sender, "22", "UNDELIV"))
		x.merges("receipt of a part", receipt("21", "DELIVRD"))
		x.merges("receipt of a part", receipt("22", "DELIVRD"))
		x.completes(receipt("23", "DELIVRD"), "21", "DELIVRD")

		x.split("31", "32", "33")
		part := simulator.ShortMessage{
			From: simulator.Number(sender), To: simulator.Number(receiver), ESMClass: smpp.ESMClassUDHI, RegisteredDelivery: requested,
			UserData: append([]byte{5, 0, 3, 9, 2, 1}, "Hello"...),
		}
		x.submit(part, "31")
		restart()
		x.passes("receipt of a part that the ESME made", receipt("31", "DELIVRD"))
		x.merges("receipt of a part", receipt("32", "DELIVRD"))
		x.split("31", "34", "35") // again
		x.merges("receipt of a part", receipt("31", "DELIVRD"))
	})
}

// A receipt finds its message also if its addresses are not those of the message, exchanged.
func TestReceiptsWithOtherAddresses(t *testing.T) {
	const sender = "10690001"
	withRealLedger(t, splitRequested, func(x *exchange, restart func()) {
		for i, a := range []struct{ name, from, to string }{
			{"not exchanged", sender, receiver},
			{"national receiver", "07700900123", sender},
			{"another sender", receiver, "Bank"},
			{"another sender, not exchanged", "Bank", receiver},
			{"both others", "12025550123", "12025550124"},
			{"the receiver is a name", "SMSC", "10690009"},
			{"no sender", receiver, ""},
			{"no receiver", "", sender},
			{"none", "", ""},
			{"too long to be an address", "0000000000" + receiver, sender},
		} {
			id := string(rune('A' + i))
			x.split(id+"1", id+"2", id+"3")
			x.whole(sender, receiver, 1, id+"4")
			if i == 0 {
				restart()
			}
			x.merges(a.name, x.receiptFrom(a.from, a.to, id+"1", "DELIVRD"))
			x.merges(a.name, x.receiptFrom(a.from, a.to, id+"2", "DELIVRD"))
			x.completes(x.receiptFrom(a.from, a.to, id+"3", "DELIVRD"), id+"1", "DELIVRD")
			x.passes(a.name+", of a message without a number", x.receiptFrom(a.from, a.to, id+"4", "DELIVRD"))
		}
	})
}
