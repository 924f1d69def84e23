package control

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

func TestMO(t *testing.T) {
	ctl, addr := startControlled(t, simulator.Options{})
	e := bindBank(t, addr)
	long := strings.Repeat("All work and no play. ", 8)
	for i, tt := range []struct {
		name string
		mo   MO
		want []string // esm_class, data_coding and user data
	}{
		{"text", MO{Text: "STOP"}, []string{"00 00 53544f50"}},
		{"chosen account", MO{Account: "bank", Text: "€"}, []string{"00 00 1b65"}},
		{"Chinese", MO{Text: "停"}, []string{"00 08 505c"}},
		{"UCS2", MO{Text: "A", Coding: "ucs2"}, []string{"00 08 0041"}},
		{"Latin-1", MO{Text: "é", Coding: "latin1"}, []string{"00 03 e9"}},
		{"octets", MO{Hex: "00 FF"}, []string{"00 04 00ff"}},
		{"header", MO{UDH: "06 81 04 00 11 01 00"}, []string{"40 00 06810400110100"}},
		{"parts", MO{Text: long}, []string{
			fmt.Sprintf("40 00 05000301 0201 %x", long[:153]), fmt.Sprintf("40 00 05000301 0202 %x", long[153:]),
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(e.Received(pdu.DeliverSMID))
			tt.mo.From, tt.mo.To = "+"+subscriber, bank
			got, err := Client{ctl.URL}.MO(testpeer.Within(t), tt.mo)
			if err != nil || len(got.Parts) != len(tt.want) || got.Parts[0] != (Answer{0, "ESME_ROK"}) {
				t.Fatalf("answered %+v, %v, want %d parts", got, err, len(tt.want))
			}
			for j, rec := range e.Received(pdu.DeliverSMID)[before:] {
				m, err := smpp.ParseMessage(rec.Frame)
				ud := fmt.Sprintf("%x", m.UserData())
				want := strings.Replace(tt.want[j], "05000301 ", fmt.Sprintf("050003%02x", i+1), 1)
				want = strings.Replace(strings.Replace(want, "0201 ", "0201", 1), "0202 ", "0202", 1)
				if s := fmt.Sprintf("%02x %02x %s", m.ESMClass(), m.DataCoding(), ud); err != nil || s != want {
					t.Errorf("part %d is %s, %v, want %s", j+1, s, err, want)
				}
				if string(m.From.Addr) != subscriber || m.From.TON != 1 || string(m.To.Addr) != bank {
					t.Errorf("from %s to %s", m.From.Addr, m.To.Addr)
				}
			}
		})
	}
}

func TestReceipts(t *testing.T) {
	ctl, addr := startControlled(t, simulator.Options{})
	e := bindBank(t, addr)
	for _, tt := range []struct {
		more, want string
		tlvs       int
	}{
		{``, "stat:DELIVRD err:000", 11 + 5},
		{`, "state": "UNDELIV", "error": "011", "tlvs": false`, "stat:UNDELIV err:011", 0},
	} {
		body := fmt.Sprintf(`{"from": %q, "to": %q, "message_id": "4A7F01"%s}`, subscriber, bank, tt.more)
		code, b := ask(t, http.MethodPost, ctl.URL+"/receipts", body)
		if code != http.StatusOK || !strings.Contains(string(b), "ESME_ROK") {
			t.Fatalf("answer %d %s", code, b)
		}
		all := e.Received(pdu.DeliverSMID)
		m, err := smpp.ParseMessage(all[len(all)-1].Frame)
		tlvs := m.TLVs()
		if err != nil || !strings.Contains(string(m.UserData()), tt.want) || !strings.HasPrefix(string(m.UserData()), "id:4A7F01 ") || tlvs.Rest() != tt.tlvs {
			t.Errorf("receipt %q, %d octets, %v, want %s, %d", m.UserData(), tlvs.Rest(), err, tt.want, tt.tlvs)
		}
	}
}

func TestStatusAndReset(t *testing.T) {
	network := simulator.NewNetwork(simulator.HandsetOptions{})
	ctl, addr := startControlled(t, simulator.Options{Keep: 10, Network: network})
	e := bindBank(t, addr)
	m := simulator.ShortMessage{From: simulator.Number(bank), To: simulator.Number(subscriber), DataCoding: 1, UserData: []byte("Hi")}
	client, ctx := Client{ctl.URL}, testpeer.Within(t)
	for range 2 {
		r, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0))
		if err != nil || string(smpp.MessageID(r)) != "4A7F01" {
			t.Fatalf("answered %x, %v, want the first message_id", []byte(r), err)
		}
		s, err := client.Status(ctx)
		if err != nil || s.Accepted != 1 || len(s.Sessions) != 1 || s.Sessions[0].Account != "bank" || s.Sessions[0].Bind != "transceiver" {
			t.Fatalf("status %+v, %v, want one session and one message", s, err)
		}
		if err := client.Reset(ctx); err != nil {
			t.Fatal(err)
		}
		inbox, err := client.Messages(ctx, subscriber, 0)
		if _, b := ask(t, http.MethodGet, ctl.URL+"/received", ""); err != nil || len(inbox) != 0 || string(b) != "[]\n" {
			t.Errorf("after the reset: inbox %+v, %v, received %s", inbox, err, b)
		}
	}
}

func TestSetScenario(t *testing.T) {
	ctl, addr := startControlled(t, simulator.Options{})
	e := bindBank(t, addr)
	client, ctx := Client{ctl.URL}, testpeer.Within(t)
	code, b := ask(t, http.MethodPut, ctl.URL+"/scenario", "limits: {sessions: 1}\nrules:\n  - {name: full, every: 2, status: ESME_RMSGQFUL}\n")
	if want := `{"seed":1,"rules":[{"name":"full","matched":0,"applied":0}]}` + "\n"; code != http.StatusOK || string(b) != want {
		t.Fatalf("answer %d %s, want %s", code, b, want)
	}
	m := simulator.ShortMessage{From: simulator.Number(bank), To: simulator.Number(subscriber), DataCoding: 1, UserData: []byte("Hi")}
	for _, want := range []pdu.Status{0, smpp.StatusQueueFull, 0} {
		if r, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)); err != nil || r.Status() != want {
			t.Errorf("answered %x, %v, want %s", []byte(r), err, smpp.Mnemonic(want))
		}
	}
	if s, err := client.Scenario(ctx); err != nil || s.Rules[0].Matched != 3 || s.Rules[0].Applied != 1 {
		t.Errorf("scenario %+v, %v, want 3 and 1", s, err)
	}
	if _, err := simulator.OpenESME(ctx, addr, simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}}); err == nil {
		t.Error("a second session is bound beyond the limit")
	}
	if err := client.Reset(ctx); err != nil {
		t.Fatal(err)
	}
	if s, err := client.Scenario(ctx); err != nil || s.Rules[0].Matched != 0 {
		t.Errorf("after the reset: scenario %+v, %v, want no count", s, err)
	}
	code, b = ask(t, http.MethodPut, ctl.URL+"/scenario", "rules:\n  - {stauts: ESME_RMSGQFUL}\n")
	for _, want := range []string{`"line":2`, `"key":"rules[0].stauts"`, `"hint":"did you mean rules[0].status?"`} {
		if code != http.StatusBadRequest || !strings.Contains(string(b), want) {
			t.Errorf("answer %d %s, want %s", code, b, want)
		}
	}
	if s, err := client.Scenario(ctx); err != nil || len(s.Rules) != 1 {
		t.Errorf("after a bad one: scenario %+v, %v, want the one before", s, err)
	}
}

// Each error of a delivery says what to do.
func TestRefuseDelivery(t *testing.T) {
	for _, tt := range []struct {
		err  error
		code int
		want string
	}{
		{fmt.Errorf("the ESME has not answered: %w", context.DeadlineExceeded), http.StatusGatewayTimeout, "did not answer in 30s"},
		{simulator.ErrNotBound, http.StatusConflict, "GET /status"},
		{simulator.ErrGone, http.StatusConflict, "GET /status"},
		{simulator.ErrSeqInUse, http.StatusConflict, "zero"},
	} {
		rec := httptest.NewRecorder()
		refuseDelivery(rec, tt.err)
		var p Problem
		if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil || rec.Code != tt.code || p.Hint == "" || !strings.Contains(p.Detail+p.Hint, tt.want) {
			t.Errorf("%v: %d %s, want %d with %q and a hint", tt.err, rec.Code, rec.Body, tt.code, tt.want)
		}
	}
}

func TestAllow(t *testing.T) {
	rec := httptest.NewRecorder()
	NewHandler(nil, nil).ServeHTTP(rec, httptest.NewRequest(http.MethodDelete, "/scenario", nil))
	if got := rec.Header().Get("Allow"); rec.Code != http.StatusMethodNotAllowed || got != "GET, PUT" {
		t.Errorf("answer %d with Allow %q, want 405 with GET, PUT", rec.Code, got)
	}
}
