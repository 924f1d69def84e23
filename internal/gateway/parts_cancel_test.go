package gateway

import (
	"bytes"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/smpp"
)

// An ESME's cancel_sm reaches all parts of a message that went on in parts.
func TestCancelWhole(t *testing.T) {
	const addresses = "\x00\x00\x0110690001\x00\x01\x01" + receiver + "\x00"
	cancel := func(seq uint32, id, addresses string) smpp.Frame {
		return testpeer.Frame(pdu.CancelSMID, 0, seq, "\x00"+id+addresses)
	}
	ledger := splittingLedger()
	for _, id := range []string{"Id1", "other"} {
		ledger.routes.Store(id, "bank")
	}
	ledger.partIDs = func(c message.Conversation, id, key []byte) [][]byte {
		if c.Sender.String() != "10690001" || c.Receiver.String() != receiver || string(id) != "Id1" || string(key) != "id1" {
			return nil
		}
		return [][]byte{[]byte("Id1"), []byte("Id2"), []byte("Id3")}
	}
	inBothModes(t, setup{ledger: ledger.fakeLedger}, splitNoRoom, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		for seq, failed := range []pdu.Status{smpp.StatusOK, smpp.StatusCancelFailed} {
			esme.Send(cancel(uint32(seq+2), "Id1", addresses))
			for n, id := range []string{"Id1", "Id2", "Id3"} {
				f := smsc.Next("cancel_sm")
				if want := cancel(f.Seq(), id, addresses); !bytes.Equal(f, want) || n > 0 && f.Seq() < smpp.OwnSeq {
					t.Fatalf("part %d: got % x, want % x", n+1, []byte(f), []byte(want))
				}
				status := smpp.StatusOK
				if n == 1 {
					status = failed
				}
				smsc.Send(testpeer.Frame(pdu.CancelSMRespID, status, f.Seq(), ""))
			}
			esme.Want("cancel_sm_resp", testpeer.Frame(pdu.CancelSMRespID, failed, uint32(seq+2), ""))
		}
		for _, f := range []smpp.Frame{
			cancel(8, "other", addresses),
			cancel(9, "Id1", "\x00\x00\x0110690001\x00\x00\x00\x00"), // to whom is not said
			cancel(10, "Id1", "\x00"),                                // cut short
		} {
			esme.Send(f)
			smsc.Want("cancel_sm as it came", f)
			smsc.Send(testpeer.Frame(pdu.CancelSMRespID, 0, f.Seq(), ""))
			esme.Want("cancel_sm_resp", testpeer.Frame(pdu.CancelSMRespID, 0, f.Seq(), ""))
		}
	})
}

// A cancel_sm with a message_id needs no destination_addr (SMPP 3.4 §4.9.1): it cancels all parts of a message.
func TestCancelWholeWithoutReceiver(t *testing.T) {
	s, _ := askedAgain()
	s.inMemory = false
	cancel := func(seq uint32, id, sender string) smpp.Frame {
		return testpeer.Frame(pdu.CancelSMID, 0, seq, "\x00"+id+"\x00\x00\x01"+sender+"\x00\x00\x00\x00")
	}
	inBothModes(t, s, splitNoRoom, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		esme.Send(long(2, 1))
		for n, seq := range partsNumbered(t, smsc, 1) {
			smsc.Send(accepted(seq, "Id"+string(rune('1'+n))))
		}
		esme.Want("submit_sm_resp", accepted(2, "Id1"))
		for seq, tt := range []struct {
			id, sender string
			want       []string
		}{
			{"Id1", "10690001", []string{"Id1", "Id2", "Id3"}},
			{"Id2", "10690001", []string{"Id2"}},
			{"Id1", "10690002", []string{"Id1"}}, // of another sender
		} {
			esme.Send(cancel(uint32(seq+3), tt.id, tt.sender))
			for _, id := range tt.want {
				f := smsc.Next("cancel_sm")
				if want := cancel(f.Seq(), id, tt.sender); !bytes.Equal(f, want) {
					t.Fatalf("got % x, want % x", []byte(f), []byte(want))
				}
				smsc.Send(testpeer.Frame(pdu.CancelSMRespID, 0, f.Seq(), ""))
			}
			esme.Want("cancel_sm_resp", testpeer.Frame(pdu.CancelSMRespID, 0, uint32(seq+3), ""))
		}
	})
}
