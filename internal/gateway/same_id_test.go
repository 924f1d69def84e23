package gateway

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/pool"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// twoAccounts are the exchanges of two accounts that share the gateway's bind.
func twoAccounts(t *testing.T, l *storedLedger) (bank, shop *exchange, w sharing) {
	w = share(t, setup{ledger: l.fake()}, pool.Config{}, map[string]Account{"bank": splitRequested, "shop": splitRequested})
	smsc := w.answerBind()
	bank = &exchange{t: t, esme: w.login(simulator.Bind{}), smsc: smsc, seq: 1}
	shop = &exchange{t: t, esme: w.login(simulator.Bind{SystemID: "shop"}), smsc: smsc, seq: 1001}
	return bank, shop, w
}

// In shared mode two accounts may have messages with one id. The addresses decide whose a receipt is, then
// the exact id, and then the time.
func TestSameIDOfTwoAccounts(t *testing.T) {
	const one, two, other = "10690001", "10690002", "447700900124"
	l := newStoredLedger(t)
	bank, shop, _ := twoAccounts(t, l)
	passes := func(what string, to *exchange, from, sender, id string) {
		t.Helper()
		to.passes(what, to.receiptFrom(from, sender, id, "DELIVRD"))
	}
	for i, registered := range []byte{1, requested} { // without and with a number
		id := []string{"1", "2"}[i]
		bank.whole(one, receiver, registered, "B"+id)
		shop.whole(two, receiver, registered, "B"+id)
		bank.whole(one, receiver, registered, "C"+id)
		shop.whole(two, other, registered, "C"+id)
		for range 2 {
			passes("another sender", bank, receiver, one, "b"+id)
			passes("the newest of two senders", shop, receiver, two, "b"+id)
			passes("another receiver", bank, receiver, one, "c"+id)
			passes("a sender that was replaced", bank, receiver, "12345", "c"+id)
			passes("the newest of two receivers", shop, other, two, "C"+id)
			passes("not exchanged", bank, one, receiver, "C"+id)
			passes("other addresses: the newest", shop, "12025550123", "12025550124", "C"+id)
			l.restart()
		}
	}
	bank.whole(one, receiver, 1, "00AB")
	shop.whole(two, other, 1, "ab")
	for range 2 {
		passes("exactly the older one's", bank, "12025550123", "12025550124", "00AB")
		passes("exactly the newer one's", shop, "12025550123", "12025550124", "ab")
		passes("neither: the newest", shop, "12025550123", "12025550124", "0AB")
		passes("the addresses", bank, receiver, one, "ab")
		l.restart()
	}
	// What one account has split is not affected by the other's messages.
	bank.split("D1", "D2", "D3")
	shop.whole(two, receiver, requested, "D1")
	bank.merges("part", bank.receiptFrom(receiver, one, "d1", "DELIVRD"))
	passes("another sender's message", shop, receiver, two, "d1")
	bank.merges("part", bank.receiptFrom(receiver, one, "d2", "DELIVRD"))
	bank.completes(bank.receiptFrom(receiver, one, "D3", "DELIVRD"), "d1", "DELIVRD")
}

// A message_id is the same in another case, and with zeros in front.
func TestSameIDInSharedMode(t *testing.T) {
	l := newStoredLedger(t)
	bank, shop, _ := twoAccounts(t, l)
	for _, id := range []struct{ response, receipt string }{
		{"1101C1-C9D03D-F001", "1101c1-c9d03d-f001"}, {"ABCD", "0000abcd"}, {"0007", "7"}, {"0", "000"}, {"ef01", "EF01"},
	} {
		bank.whole("10690001", receiver, 1, id.response)
		bank.passes(id.receipt, bank.receiptFrom(receiver, "10690001", id.receipt, "DELIVRD"))
		bank.passes(id.receipt+", other addresses", bank.receiptFrom("12025550123", "12025550124", id.receipt, "DELIVRD"))
		query := func(seq uint32) smpp.Frame {
			return testpeer.Frame(pdu.QuerySMID, 0, seq, id.receipt+"\x00\x00\x0110690001\x00")
		}
		f := query(bank.next())
		bank.esme.Send(f)
		bank.smsc.Want("query_sm", f)
		answer := testpeer.Frame(pdu.QuerySMRespID, 0, f.Seq(), id.receipt+"\x00\x00\x02\x00")
		bank.smsc.Send(answer)
		bank.esme.Want("query_sm_resp", answer)
		foreign := query(shop.next())
		shop.esme.Send(foreign)
		shop.esme.Want("query_sm of another account", refusal(foreign, smpp.StatusQueryFailed))
	}
}
