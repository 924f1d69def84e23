package gateway

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/readresponse"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/smpp"
)

// ackSetup lets the account bank speak for 4477009….
func ackSetup(r readresponse.SubmitFunc) setup {
	return setup{options: func(o *Options) {
		o.Acks = r
		o.Policies.Accounts = map[string]Account{"bank": {MayRead: []account.AddressRange{{Low: "4477009", High: "4477009", Prefix: true}}}}
	}}
}

// ack is a read response of an ESME's.
func ack(esmClass byte, from, ud string, tlvs ...byte) smpp.Frame {
	return simulator.ShortMessage{
		From: simulator.Number(from), To: simulator.Number("10690001"), ESMClass: esmClass, UserData: []byte(ud), TLVs: tlvs,
	}.Append(nil, pdu.SubmitSMID, 0)
}

const ackText = "readback receiver:447700900123 number:017 status:1 read:2026-11-23T08:30:00Z"

// What can be read as a read response of a receiver of the account's is taken; the SMSC sees
// everything else as it came.
func TestAckTaken(t *testing.T) {
	responses := make(chan reads.Read, 1)
	w := serve(t, ackSetup(func(_ context.Context, rd reads.Read) message.Verdict {
		responses <- rd
		return message.Verdict{Kind: message.VerdictAccepted}
	}))
	esme, smsc := w.bind(simulator.Bind{})
	const number = "447700900123"
	at := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	payload := string(smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte("number:17")))
	for i, tt := range []struct {
		name  string
		frame smpp.Frame
		want  *reads.Read // nil: passes
	}{
		{"element", ack(0x48, number, "\x05\x81\x03\x01\x01\x02"), &reads.Read{Number: 257, Status: 2}},
		{"element with proof", ack(0x48, number, "\x09\x81\x07\x00\x11\x01\x9f\x3a\x01\xc2"), &reads.Read{Number: 17, Status: 1, Proof: "9f3a01c2"}},
		{"our own feedback's text", ack(0x08, number, ackText), &reads.Read{Number: 17, Status: 1, ReadAt: at}},
		{"number alone", ack(0x08, "+"+number, "number:5"), &reads.Read{Number: 5, Status: 1}},
		{"in message_payload", ack(0x08, number, "", []byte(payload)...), &reads.Read{Number: 17, Status: 1}},
		{"mode bits", ack(0x0B, number, "status:0 number:5"), &reads.Read{Number: 5}},
		{"for another receiver", ack(0x08, "447800900123", ackText), nil},
		{"of another type", ack(0x10, number, ackText), nil},
		{"a message", ack(0x00, number, ackText), nil},
		{"no number", ack(0x08, number, "status:1"), nil},
		{"number too large", ack(0x08, number, "number:65536"), nil},
		{"no status", ack(0x08, number, "number:17 status:x"), nil},
		{"another element", ack(0x48, number, "\x04\x80\x02\x00\x11"), nil},
		{"broken header", ack(0x48, number, "\x30\x81\x03\x00\x11\x01"), nil},
		{"nothing in it", ack(0x08, number, ""), nil},
	} {
		tt.frame.SetSeq(uint32(i + 2))
		esme.Send(tt.frame)
		if tt.want == nil {
			smsc.Want(tt.name, tt.frame)
			smsc.Send(testpeer.Frame(pdu.SubmitSMRespID, 0, tt.frame.Seq(), "4A\x00"))
			esme.Want(tt.name, testpeer.Frame(pdu.SubmitSMRespID, 0, tt.frame.Seq(), "4A\x00"))
			continue
		}
		got := testpeer.Receive(t, tt.name, responses)
		if got.Way != "smpp" || got.By.Name != "account:bank" || strings.TrimPrefix(got.Receiver, "+") != number || got.Sender != "10690001" {
			t.Errorf("%s: got %+v", tt.name, got)
		}
		if got.Number != tt.want.Number || got.Status != tt.want.Status || got.Proof != tt.want.Proof || !got.ReadAt.Equal(tt.want.ReadAt) {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
		resp := esme.Next(tt.name)
		if resp.ID() != pdu.SubmitSMRespID || resp.Status() != smpp.StatusOK || resp.Seq() != tt.frame.Seq() || !strings.HasPrefix(string(resp.Body()), "read-") {
			t.Errorf("%s: got % x, want submit_sm_resp ESME_ROK with a message_id", tt.name, []byte(resp))
		}
	}
}

// Each verdict has its command_status.
func TestAckVerdict(t *testing.T) {
	kinds := make(chan message.VerdictKind, 1)
	w := serve(t, ackSetup(func(context.Context, reads.Read) message.Verdict { return message.Verdict{Kind: <-kinds} }))
	esme, _ := w.bind(simulator.Bind{})
	for i, tt := range []struct {
		kind message.VerdictKind
		want pdu.Status
	}{
		{message.VerdictAccepted, smpp.StatusOK},
		{message.VerdictUnavailable, smpp.StatusTempApp},
		{message.VerdictTooMany, smpp.StatusTempApp},
		{message.VerdictForbidden, smpp.StatusInvSrcAddr},
		{message.VerdictMalformed, smpp.StatusSubmitFailed},
		{message.VerdictNotFound, smpp.StatusSubmitFailed},
		{message.VerdictAmbiguous, smpp.StatusSubmitFailed},
		{message.VerdictTooOld, smpp.StatusSubmitFailed},
	} {
		kinds <- tt.kind
		f := ack(0x08, "447700900123", ackText)
		f.SetSeq(uint32(i + 2))
		esme.Send(f)
		if got := esme.Next("answer"); got.ID() != pdu.SubmitSMRespID || got.Status() != tt.want || got.Seq() != f.Seq() {
			t.Errorf("%d: got % x, want status %02x", tt.kind, []byte(got), uint32(tt.want))
		}
	}
}

// A verdict that takes its time holds up nothing else, and not too many wait at once.
func TestAckWaits(t *testing.T) {
	entered, verdicts := make(chan struct{}, maxReads), make(chan struct{})
	w := serve(t, ackSetup(func(ctx context.Context, _ reads.Read) message.Verdict {
		entered <- struct{}{}
		select {
		case <-verdicts:
		case <-ctx.Done():
		}
		return message.Verdict{Kind: message.VerdictAccepted}
	}))
	esme, smsc := w.bind(simulator.Bind{})
	for seq := range uint32(maxReads + 1) {
		f := ack(0x08, "447700900123", ackText)
		f.SetSeq(seq + 2)
		esme.Send(f)
	}
	for range maxReads {
		testpeer.Receive(t, "read response", entered)
	}
	esme.Want("one too many", smpp.AppendRefusal(nil, pdu.SubmitSMID, smpp.StatusTempApp, maxReads+2))
	m := text(receiver, 99)
	esme.Send(m)
	smsc.Want("a message meanwhile", m)
	smsc.Send(testpeer.Frame(pdu.SubmitSMRespID, 0, 99, "4A\x00"))
	esme.Want("its answer", testpeer.Frame(pdu.SubmitSMRespID, 0, 99, "4A\x00"))
	close(verdicts)
	for range maxReads {
		if f := esme.Next("answer"); f.Status() != smpp.StatusOK {
			t.Errorf("got % x, want ESME_ROK", []byte(f))
		}
	}
}

// By default an SME delivery acknowledgement is a message like any other.
func TestAckPasses(t *testing.T) {
	w := serve(t, setup{options: func(o *Options) {
		o.Acks = func(context.Context, reads.Read) message.Verdict { panic("not reached") }
	}})
	esme, smsc := w.bind(simulator.Bind{})
	f := ack(0x08, "447700900123", ackText)
	f.SetSeq(2)
	esme.Send(f)
	smsc.Want("acknowledgement", f)
	smsc.Send(testpeer.Frame(pdu.SubmitSMRespID, 0, 2, "4A\x00"))
	esme.Want("answer", testpeer.Frame(pdu.SubmitSMRespID, 0, 2, "4A\x00"))
}
