package simulator

import (
	"errors"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
)

func TestDeliver(t *testing.T) {
	c, addr := startSMSC(t, Options{})
	mo := ShortMessage{From: Number(receiver), To: Number(sender), UserData: []byte("STOP")}
	if _, err := c.Deliver(testpeer.Within(t), "bank", mo.Append(nil, pdu.DeliverSMID, 0)); !errors.Is(err, ErrNotBound) {
		t.Errorf("nobody bound: %v, want %v", err, ErrNotBound)
	}
	openESME(t, addr, ESMEOptions{Bind: Bind{ID: pdu.BindTransmitterID}})
	e := openESME(t, addr, ESMEOptions{OnRequest: func(f smpp.Frame) pdu.Status {
		if f.ID() == pdu.DataSMID {
			return smpp.StatusTempApp
		}
		return smpp.StatusOK
	}})
	if err := c.WaitBound(testpeer.Within(t), "bank", 2); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		frame smpp.Frame
		want  pdu.Status
	}{
		{"deliver_sm", mo.Append(nil, pdu.DeliverSMID, 0), 0},
		{"deliver_sm with a number of its own", mo.Append(nil, pdu.DeliverSMID, 0x7FFFFFF0), 0},
		{"refused", request(pdu.DataSMID, "", 1, 1, receiver, 0, 1, sender, 0, 0, 0), smpp.StatusTempApp},
		{"not answered", request(pdu.AlertNotificationID, 1, 1, receiver, 0, 1, sender), 0},
		{"unknown", request(0x00010201), smpp.StatusInvCmdID},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			account := "bank"
			if tt.frame.ID() == 0x00010201 {
				account = "" // any account, any session
			}
			got, err := c.Deliver(testpeer.Within(t), account, tt.frame)
			if err != nil || got != tt.want {
				t.Errorf("Deliver = %#x, %v, want %#x", uint32(got), err, uint32(tt.want))
			}
			if account == "" {
				return
			}
			frames, err := e.WaitReceived(testpeer.Within(t), i+1)
			if err != nil {
				t.Fatal(err)
			}
			f := append(smpp.Frame(nil), frames[i].Frame...)
			if seq := tt.frame.Seq(); seq == 0 && f.Seq() < defaultFirstSeq || seq != 0 && f.Seq() != seq {
				t.Errorf("sequence_number %08x of %08x", f.Seq(), seq)
			}
			f.SetSeq(tt.frame.Seq())
			if string(f) != string(tt.frame) {
				t.Errorf("came as %x, want %x", []byte(f), []byte(tt.frame))
			}
		})
	}
}

func TestDeliverGone(t *testing.T) {
	c, addr := startSMSC(t, Options{})
	p := testpeer.Dial(t, addr)
	p.Send(Bind{SystemID: "bank"}.Append(nil, 1))
	p.Next("bind_resp")
	if err := c.WaitBound(testpeer.Within(t), "bank", 1); err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() {
		_, err := c.Deliver(testpeer.Within(t), "bank", ShortMessage{}.Append(nil, pdu.DeliverSMID, 0))
		result <- err
	}()
	p.Next("deliver_sm")
	_ = p.Conn.Close()
	if err := <-result; !errors.Is(err, ErrGone) {
		t.Errorf("Deliver = %v, want %v", err, ErrGone)
	}
}
