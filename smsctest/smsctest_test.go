package smsctest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
	"readback/smsctest"
)

const (
	sender   = "10690001"
	receiver = "447700900101"
)

// bind binds the octets of a test to an SMSC.
func bind(t *testing.T, smsc *smsctest.SMSC) *testpeer.Peer {
	t.Helper()
	p := testpeer.Dial(t, smsc.Addr())
	p.Send(simulator.Bind{SystemID: "bank"}.Append(nil, 1))
	if f := p.Next("bind_resp"); f.Status() != 0 {
		t.Fatalf("bind: % x", []byte(f))
	}
	return p
}

func message(say string) simulator.ShortMessage {
	return simulator.ShortMessage{From: simulator.Number(sender), To: simulator.Number(receiver), UserData: []byte(say)}
}

func TestExpect(t *testing.T) {
	smsc := smsctest.Start(t, smsctest.Options{})
	p, ctx := bind(t, smsc), testpeer.Within(t)
	if err := smsc.WaitBound(ctx, "bank", 1); err != nil {
		t.Fatal(err)
	}
	m := message("\x05\x00\x03\x64\x02\x01\x00Hi")
	m.ESMClass, m.RegisteredDelivery, m.ServiceType = smpp.ESMClassUDHI, 0x04, "CMT"
	m.TLVs = smpp.AppendTLV(nil, smpp.TagUserMessageReference, []byte{0, 42})
	sent := m.Append(nil, pdu.SubmitSMID, 2)
	p.Send(message("Your code is 1").Append(nil, pdu.SubmitSMID, 1), sent)
	got, err := smsc.Expect(ctx, smsctest.Match{
		Account: "ba?k", Sender: "1069*", Receiver: "+" + receiver, Text: "@Hi", Func: func(s smsctest.Submit) bool { return s.TLVs[0x0204] != nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Session != 1 || got.Account != "bank" || got.Command != "submit_sm" || got.ServiceType != "CMT" || got.ESMClass != 0x40 ||
		got.RegisteredDelivery != 0x04 || got.Text != "@Hi" || string(got.Octets) != "\x00Hi" || len(got.Header) != 6 ||
		got.MessageID != "4A7F02" || got.Status != 0 || !got.Answered || !bytes.Equal(got.PDU, sent) ||
		got.Receiver != (smsctest.Address{TON: 1, NPI: 1, Addr: receiver}) || string(got.TLVs[0x0204]) != "\x00\x2a" {
		t.Errorf("got %+v", got)
	}
	if all := smsc.Pending(); len(all) != 1 || all[0].Text != "Your code is 1" {
		t.Errorf("pending %v, want the other one", all)
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	_, err = smsc.Expect(over, smsctest.Match{Text: "@Hi"})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), `1 others came`+"\n\t"+`submit_sm 10690001 → 447700900101 "Your code is 1" (accepted as 4A7F01)`) {
		t.Errorf("expected again: %v", err)
	}
	smsc.Reset()
	if _, err = smsc.Expect(over, smsctest.Match{}); err == nil || !strings.Contains(err.Error(), "none came") {
		t.Errorf("after the reset: %v", err)
	}
}

// Expect returns when the message comes, and what is sent then comes behind the answer.
func TestExpectWaits(t *testing.T) {
	for _, delay := range []time.Duration{0, 20 * time.Millisecond} {
		smsc := smsctest.Start(t, smsctest.Options{ResponseDelay: delay})
		p, ctx := bind(t, smsc), testpeer.Within(t)
		done := make(chan error, 1)
		go func() {
			got, err := smsc.Expect(ctx, smsctest.Match{})
			if err == nil {
				err = smsc.InjectReceipt(ctx, got.Receipt("EXPIRED"))
			}
			done <- err
		}()
		p.Send(message("Hi").Append(nil, pdu.SubmitSMID, 2))
		if f := p.Next("the answer"); f.ID() != pdu.SubmitSMRespID {
			t.Fatalf("first came %x", []byte(f))
		}
		f := p.Next("the receipt")
		if m, err := smpp.ParseMessage(f); err != nil || !strings.Contains(string(m.UserData()), "id:4A7F01 sub:001 dlvrd:000") {
			t.Errorf("receipt %q, %v", m.UserData(), err)
		}
		p.Send(testpeer.Frame(pdu.DeliverSMRespID, 0, f.Seq(), "\x00"))
		if err := testpeer.Receive(t, "the end of Expect", done); err != nil {
			t.Error(err)
		}
	}
}

func TestScenario(t *testing.T) {
	smsc := smsctest.Start(t, smsctest.Options{Scenario: "rules: [{text: lost, answer: lost}, {text: none, answer: none}, {status: 0x45}]", Seed: 17})
	p, ctx := bind(t, smsc), testpeer.Within(t)
	p.Send(message("lost").Append(nil, pdu.SubmitSMID, 2), message("none").Append(nil, pdu.SubmitSMID, 3), message("Hi").Append(nil, pdu.SubmitSMID, 4))
	for _, want := range []string{"lost  false 0", "none  false 0", "Hi  true 69"} {
		got, err := smsc.Expect(ctx, smsctest.Match{})
		if s := fmt.Sprint(got.Text, " ", strings.TrimPrefix(got.MessageID, "4A7F01"), " ", got.Answered, " ", got.Status); err != nil || s != want {
			t.Errorf("came %s, %v, want %s", s, err, want)
		}
	}
	if err := smsc.SetScenario("rules: [{stauts: 1}]"); err == nil || !strings.Contains(err.Error(), "did you mean rules[0].status?") {
		t.Errorf("a bad scenario: %v", err)
	}
	if err := smsc.SetScenario(""); err != nil || smsc.Seed() != 17 {
		t.Errorf("no scenario: %v, seed %d", err, smsc.Seed())
	}
	p.Send(message("Hi").Append(nil, pdu.SubmitSMID, 5))
	if got, err := smsc.Expect(ctx, smsctest.Match{}); err != nil || got.MessageID == "" {
		t.Errorf("without rules: %v, %v", got, err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, tt := range []struct {
		opt  smsctest.Options
		want string
	}{
		{smsctest.Options{Scenario: "rules: 1", ScenarioFile: "x"}, "one of the two"},
		{smsctest.Options{Scenario: "rules: 1"}, "scenario:1: rules: "},
		{smsctest.Options{ScenarioFile: "none.yaml"}, "none.yaml"},
		{smsctest.Options{Addr: "127.0.0.1:none"}, "none"},
		{smsctest.Options{Window: -1}, "window: -1 is below zero"},
	} {
		if _, err := smsctest.New(tt.opt); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %s", tt.opt, err, tt.want)
		}
	}
	smsc := smsctest.Start(t, smsctest.Options{ScenarioFile: "../docs/simulator-scenario.yaml"})
	if smsc.Seed() != 17 {
		t.Errorf("the seed is %d, and that of the file 17", smsc.Seed())
	}
	if err := errors.Join(smsc.Close(), smsc.Close()); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestInjectRefused(t *testing.T) {
	smsc := smsctest.Start(t, smsctest.Options{})
	ctx := testpeer.Within(t)
	if err := smsc.Inject(ctx, smsctest.MO{From: receiver, To: sender, Text: "Hi"}); err == nil {
		t.Error("a message to nobody is delivered")
	}
	if err := smsc.InjectReceipt(ctx, smsctest.Receipt{State: "READ"}); err == nil || !strings.Contains(err.Error(), "UNDELIV") {
		t.Errorf("a receipt of no state: %v", err)
	}
	p := bind(t, smsc)
	for _, inject := range []func() error{
		func() error { return smsc.Inject(ctx, smsctest.MO{From: receiver, To: sender, Text: "Hi"}) },
		func() error {
			return smsc.InjectReceipt(ctx, smsctest.Receipt{From: receiver, To: sender, MessageID: "1", TextOnly: true})
		},
		func() error {
			status, err := smsc.InjectPDU(ctx, "bank", message("Hi").Append(nil, pdu.DeliverSMID, 0))
			return errors.Join(err, smsctest.StatusError(status))
		},
	} {
		done := make(chan error, 1)
		go func() { done <- inject() }()
		p.Send(testpeer.Frame(pdu.DeliverSMRespID, smpp.StatusTempApp, p.Next("deliver_sm").Seq(), "\x00"))
		var status smsctest.StatusError
		if err := testpeer.Receive(t, "answer", done); !errors.As(err, &status) || status != 0x64 || !strings.Contains(err.Error(), "ESME_RX_T_APPN") {
			t.Errorf("refused: %v", err)
		}
	}
	if got := smsc.Disconnect("bank"); got != 1 {
		t.Errorf("disconnected %d sessions", got)
	}
	p.WantEnd()
	if err := smsc.WaitBound(ctx, "", 0); err != nil {
		t.Error(err)
	}
	if got := smsctest.StatusError(0x444).Error(); !strings.HasSuffix(got, "0x444") {
		t.Errorf("an unknown status is %q", got)
	}
}

func TestReceived(t *testing.T) {
	smsc := smsctest.Start(t, smsctest.Options{})
	p, ctx := bind(t, smsc), testpeer.Within(t)
	done := make(chan error, 1)
	go func() {
		got, err := smsc.Received(ctx, "unbind", 1)
		if err == nil && (len(got) != 1 || got[0].Command != "unbind" || got[0].Account != "bank" || got[0].Session != 1 || len(got[0].Frame) != 16) {
			err = fmt.Errorf("received %+v", got)
		}
		done <- err
	}()
	p.Send(testpeer.Frame(pdu.EnquireLinkID, 0, 2, ""), testpeer.Frame(pdu.UnbindID, 0, 3, ""))
	if err := testpeer.Receive(t, "the end of Received", done); err != nil {
		t.Error(err)
	}
	if all, err := smsc.Received(ctx, "", 0); err != nil || len(all) != 3 || all[0].Command != "bind_transceiver" {
		t.Errorf("received %+v, %v, want three PDUs", all, err)
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := smsc.Received(over, "enquire_link", 2); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "1 enquire_link instead of 2") {
		t.Errorf("too many expected: %v", err)
	}
	if _, err := smsc.Received(ctx, "", 10_001); err == nil || !strings.Contains(err.Error(), "the newest 10000 are kept") {
		t.Errorf("more than are kept: %v", err)
	}
	if _, err := smsc.Received(ctx, "enquire", 1); err == nil {
		t.Error("an unknown command is expected")
	}
}
