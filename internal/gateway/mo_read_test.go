package gateway

import (
	"context"
	"errors"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/numbering"
	"readback/internal/readresponse"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/relay/relaytest"
	"readback/smpp"
)

// fromSubscriber is a message from the receiver to the sender of text.
func fromSubscriber(seq uint32, esmClass, dataCoding byte, ud string) smpp.Frame {
	return simulator.ShortMessage{
		From: simulator.Number(receiver), To: simulator.Number("10690001"),
		ESMClass: esmClass, DataCoding: dataCoding, UserData: []byte(ud),
	}.Append(nil, pdu.DeliverSMID, seq)
}

var readingBank = Account{
	Policy: numbering.Policy{When: numbering.All}, Addresses: []account.AddressRange{{Low: "10690001", High: "10690001"}},
}

// blocked returns a SubmitFunc whose verdicts take longer than anybody waits, and what it was
// called with.
func blocked() (readresponse.SubmitFunc, <-chan context.Context) {
	asked := make(chan context.Context, 1)
	return func(ctx context.Context, _ reads.Read) message.Verdict {
		asked <- ctx
		<-ctx.Done()
		return message.Verdict{Kind: message.VerdictUnavailable}
	}, asked
}

// A verdict does not hold up what the ESME is to hear when the SMSC is gone.
func TestReadBySMSCThatIsGone(t *testing.T) {
	read, reads := blocked()
	options := func(o *Options) { o.Reads = read }
	inBothModes(t, setup{options: options}, readingBank, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		esme.Send(text(receiver, 2))
		smsc.Next("submit_sm")
		smsc.Send(fromSubscriber(7, smpp.ESMClassUDHI, 0, "\x05\x81\x03\x00\x11\x01"))
		wait := testpeer.Receive(t, "read response", reads)
		_ = smsc.Conn.Close()
		testpeer.Receive(t, "end of its wait", wait.Done())
		if err := wait.Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("the wait for a verdict ended with %v, want %v", err, context.Canceled)
		}
		esme.Want("submit_sm_resp", refusal(text(receiver, 2), smpp.StatusSysErr))
	})
}

// A read response that comes as a message is answered by the gateway, and the ESME never sees it.
func TestReadBySMS(t *testing.T) {
	const udhi = smpp.ESMClassUDHI
	responses := make(chan reads.Read, 1)
	verdict := make(chan message.Verdict, 1)
	options := func(o *Options) {
		o.ReadIEI = 0x81
		o.Reads = func(_ context.Context, rd reads.Read) message.Verdict {
			responses <- rd
			return <-verdict
		}
	}
	inBothModes(t, setup{options: options}, readingBank, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		for i, tt := range []struct {
			name, ud string
			want     reads.Read
			verdict  message.VerdictKind
			answer   pdu.Status
		}{
			{"read", "\x05\x81\x03\x00\x11\x01", reads.Read{Number: 17, Status: 1}, message.VerdictAccepted, smpp.StatusOK},
			{"deleted, with text", "\x05\x81\x03\x01\x01\x02Hi", reads.Read{Number: 257, Status: 2}, message.VerdictAccepted, smpp.StatusOK},
			{"with proof", "\x09\x81\x07\x00\x11\x01\x9F\x3A\x01\xC2", reads.Read{Number: 17, Status: 1, Proof: "9f3a01c2"}, message.VerdictAccepted, smpp.StatusOK},
			{"unknown number", "\x05\x81\x03\x00\x12\x01", reads.Read{Number: 18, Status: 1}, message.VerdictNotFound, smpp.StatusOK},
			{"malformed status", "\x05\x81\x03\x00\x11\x09", reads.Read{Number: 17, Status: 9}, message.VerdictMalformed, smpp.StatusOK},
			{"ledger is down", "\x05\x81\x03\x00\x11\x01", reads.Read{Number: 17, Status: 1}, message.VerdictUnavailable, smpp.StatusTempApp},
			{"too many", "\x05\x81\x03\x00\x11\x01", reads.Read{Number: 17, Status: 1}, message.VerdictTooMany, smpp.StatusTempApp},
		} {
			seq := uint32(i + 1)
			verdict <- message.Verdict{Kind: tt.verdict}
			smsc.Send(fromSubscriber(seq, udhi, 0, tt.ud))
			tt.want.Receiver, tt.want.Sender, tt.want.Way = receiver, "10690001", "sms"
			tt.want.By.Name, tt.want.By.Source.Number = "network", relaytest.Addr(t, receiver)
			if got := testpeer.Receive(t, tt.name, responses); got != tt.want {
				t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
			}
			smsc.Want(tt.name, taken(seq, tt.answer))
		}
		esme.WantNothing()
		for i, f := range []smpp.Frame{
			fromSubscriber(101, 0, 0, "Hello"),
			fromSubscriber(102, 0, 8, "\x04\x1f\x04\x40"),
			fromSubscriber(103, 0, 0, "\x05\x81\x03\x00\x11\x01"),                             // no header
			fromSubscriber(104, udhi, 8, "\x05\x00\x03\x2A\x02\x01\x04\x1f"),                  // part of a long message
			fromSubscriber(105, udhi, 0, "\x0A\x00\x03\x2A\x02\x01\x81\x03\x00\x11\x01"),      // a part, though it has the element
			fromSubscriber(106, udhi, 0, "\x04\x81\x02\x00\x11Hello"),                         // the element of somebody else
			fromSubscriber(107, udhi, 0, "\x05\x80\x03\x00\x11\x01"),                          // another identifier
			fromSubscriber(108, udhi|smpp.ESMClassDeliveryAck, 0, "\x05\x81\x03\x00\x11\x01"), // an acknowledgement of the network
			fromSubscriber(109, udhi, 0, "\x05\x81\x04\x00\x11\x01"),                          // a broken header
		} {
			smsc.Send(f)
			esme.Want("message of a subscriber", f)
			esme.Send(testpeer.Frame(pdu.DeliverSMRespID, 0, f.Seq(), "\x00"))
			smsc.Want("answer", testpeer.Frame(pdu.DeliverSMRespID, 0, f.Seq(), "\x00"))
			if len(responses) > 0 {
				t.Fatalf("message %d was read as %+v", i, <-responses)
			}
		}
	})
}

// Without a reader such messages pass.
func TestReadBySMSOff(t *testing.T) {
	w := serve(t, setup{options: func(o *Options) { o.ReadIEI = 0x81 }})
	esme, smsc := w.bind(simulator.Bind{})
	f := fromSubscriber(7, smpp.ESMClassUDHI, 0, "\x05\x81\x03\x00\x11\x01")
	smsc.Send(f)
	esme.Want("deliver_sm", f)
}
