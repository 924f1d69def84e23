package readresponse

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/message"
	"readback/relay/reads"
	"readback/smpp"
)

// Whatever passes, as it came or stripped, is no read response if the SMSC delivers it as it is.
func FuzzScreen(f *testing.F) {
	for _, seed := range []smpp.Frame{
		short(pdu.SubmitSMID, 0x40, forged), short(pdu.SubmitSMID, 0x40, forgedProof+"Hello", payload(forged)...),
		short(pdu.SubmitSMID, 0x40, "\x09\x81\x02ab\x81\x03\x00\x01\x01"), cut(short(pdu.SubmitSMID, 0x40, forged+"Hello"), 3),
		short(pdu.SubmitSMID, 0x40, "", payload(forged)...), data(forged), short(pdu.SubmitSMID, 0, words),
	} {
		f.Add(seed.ID() == pdu.DataSMID, []byte(seed.Body()))
	}
	log := slog.New(slog.DiscardHandler)
	subscribers := Subscribers{IEI: 0x81, Submit: func(context.Context, reads.Read) message.Verdict { return message.Verdict{} }}
	f.Fuzz(func(t *testing.T, isData bool, body []byte) {
		if len(body) > 1<<12 {
			return
		}
		sent, delivered := pdu.SubmitSMID, pdu.DeliverSMID
		if isData {
			sent, delivered = pdu.DataSMID, pdu.DataSMID
		}
		frame := append(smpp.AppendHeader(nil, sent, 0, 7, len(body)), body...)
		before := bytes.Clone(frame)
		for _, strip := range []bool{false, true} {
			out, ok := newScreen(ScreenOptions{Strip: strip}).Check(log, frame)
			if !bytes.Equal(frame, before) {
				t.Fatal("the frame was changed in place")
			}
			if !ok {
				continue
			}
			mo := bytes.Clone(out)
			binary.BigEndian.PutUint32(mo[4:], uint32(delivered))
			if m, err := smpp.ParseLenient(mo); err == nil {
				if rd, isRead := subscribers.parse(m); isRead {
					t.Errorf("strip %v: % x passes as % x, which is %+v", strip, before, []byte(out), rd)
				}
			}
		}
	})
}
