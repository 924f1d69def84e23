package control

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/handset"
	"readback/internal/simulator"
	"readback/internal/simulator/scenario"
	"readback/internal/testpeer"
	"readback/smpp"
)

const (
	bank       = "10690001"     // sends messages
	subscriber = "447700900123" // receives them
)

// startControlled serves an SMSC until the test ends and returns its control and its address.
func startControlled(t *testing.T, opt simulator.Options) (ctl *httptest.Server, addr string) {
	t.Helper()
	c, stage := scenario.NewSMSC(opt, nil, 1)
	ln := testpeer.Listen(t)
	testpeer.Serve(t, "the SMSC", ln, c.Serve)
	ctl = httptest.NewServer(checked(t, NewHandler(c, stage)))
	t.Cleanup(ctl.Close)
	return ctl, ln.Addr().String()
}

// bindBank binds an ESME to addr until the test ends.
func bindBank(t *testing.T, addr string) *simulator.ESME {
	t.Helper()
	e, err := simulator.OpenESME(testpeer.Within(t), addr, simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// ask makes one request of the control and returns the code and the answer.
func ask(t *testing.T, method, url, body string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(testpeer.Within(t), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, b
}

func TestControlHandsets(t *testing.T) {
	reads := make(chan handset.Response, 1)
	n := simulator.NewNetwork(simulator.HandsetOptions{Respond: func(_ context.Context, r handset.Response) error {
		reads <- r
		return nil
	}})
	ctl, addr := startControlled(t, simulator.Options{Network: n})
	e := bindBank(t, addr)
	m := simulator.ShortMessage{
		From: simulator.Number(bank), To: simulator.Number(subscriber), ESMClass: smpp.ESMClassUDHI, DataCoding: 1,
		UserData: []byte("\x04\x80\x02\x00\x11Hi"),
	}
	if _, err := e.Call(testpeer.Within(t), m.Append(nil, pdu.SubmitSMID, 0)); err != nil {
		t.Fatal(err)
	}

	client := Client{ctl.URL}
	inbox, err := client.Messages(testpeer.Within(t), "+"+subscriber, 1)
	if err != nil || len(inbox) != 1 {
		t.Fatalf("inbox %+v, %v, want one message", inbox, err)
	}
	if got := inbox[0]; got.Text != "Hi" || got.Element != "80020011" || *got.Number != 17 || got.UDH != "0480020011" || got.Opened {
		t.Errorf("message %+v, want Hi with number 17", got)
	}
	if got, err := client.Handsets(testpeer.Within(t)); err != nil || fmt.Sprint(got) != "["+subscriber+"]" {
		t.Errorf("handsets %v, %v, want %s", got, err, subscriber)
	}
	if err := client.Open(testpeer.Within(t), subscriber, 1, false); err != nil {
		t.Fatal(err)
	}
	if got := <-reads; got.Number != 17 || got.Status != handset.Read || got.Sender != bank || got.Receiver != subscriber {
		t.Errorf("read response %+v, want number 17", got)
	}
	if inbox, _ = client.Messages(testpeer.Within(t), subscriber, 0); !inbox[0].Opened {
		t.Error("the message is not marked as opened")
	}
	if err := client.Open(testpeer.Within(t), subscriber, 1, true); err != nil {
		t.Fatal(err)
	}
	if got := <-reads; got.Status != handset.DeletedUnread {
		t.Errorf("status %d, want %d", got.Status, handset.DeletedUnread)
	}
	if err := client.Open(testpeer.Within(t), subscriber, 2, false); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("open of no message: %v, want 404", err)
	}
}

func TestControlPDUs(t *testing.T) {
	ctl, addr := startControlled(t, simulator.Options{Keep: 100})
	e := bindBank(t, addr)
	m := simulator.ShortMessage{From: simulator.Number(bank), To: simulator.Number(subscriber), DataCoding: 1, UserData: []byte("Hi")}
	sent := m.Append(nil, pdu.SubmitSMID, 5)
	if _, err := e.Call(testpeer.Within(t), sent); err != nil {
		t.Fatal(err)
	}
	_, b := ask(t, http.MethodGet, ctl.URL+"/received?command=submit_sm&wait=1", "")
	var received []ReceivedPDU
	if err := json.Unmarshal(b, &received); err != nil || len(received) != 1 {
		t.Fatalf("received %s, %v, want one submit_sm", b, err)
	}
	if got := received[0]; got.Account != "bank" || got.Session != 1 || got.Hex != hex.EncodeToString(sent) {
		t.Errorf("received %+v, want %x of bank", got, []byte(sent))
	}
	mo := simulator.ShortMessage{From: simulator.Number(subscriber), To: simulator.Number(bank), UserData: []byte("STOP")}
	body := fmt.Sprintf(`{"account": "bank", "hex": "%x"}`, []byte(mo.Append(nil, pdu.DeliverSMID, 0)))
	if code, b := ask(t, http.MethodPost, ctl.URL+"/deliver", body); code != http.StatusOK || string(b) != `{"status":0,"name":"ESME_ROK"}`+"\n" {
		t.Errorf("deliver = %d %s, want status 0", code, b)
	}
	if got := e.Received(pdu.DeliverSMID); len(got) != 1 {
		t.Errorf("the ESME got %d deliver_sm, want 1", len(got))
	}
	if code, b := ask(t, http.MethodPost, ctl.URL+"/disconnect", `{"account": "bank"}`); code != http.StatusOK || string(b) != `{"sessions":1}`+"\n" {
		t.Errorf("disconnect = %d %s, want one session", code, b)
	}
	<-e.Done()
}

func TestControlRefuses(t *testing.T) {
	ctl, _ := startControlled(t, simulator.Options{})
	tests := []struct {
		name, method, path, body string
		code                     int
		want                     string
	}{
		{"no handsets", http.MethodGet, "/handsets", "", 200, "[]"},
		{"no handset", http.MethodGet, "/handsets/1/messages", "", 404, "no such handset"},
		{"no number to wait for", http.MethodGet, "/handsets/1/messages?wait=x", "", 400, "wait"},
		{"open what", http.MethodPost, "/handsets/1/open", "x", 400, "invalid"},
		{"unknown command", http.MethodGet, "/received?command=nonsense", "", 400, "submit_sm"},
		{"wait for what", http.MethodGet, "/received?wait=x", "", 400, "wait"},
		{"wait for more than is kept", http.MethodGet, "/received?wait=1", "", 400, "--keep"},
		{"wait for less", http.MethodGet, "/received?wait=-1", "", 400, "wait"},
		{"odd hex", http.MethodPost, "/deliver", `{"hex": "0"}`, 400, "hex: odd length"},
		{"empty body", http.MethodPost, "/deliver", "", 400, "body: empty"},
		{"two bodies", http.MethodPost, "/disconnect", `{"account": "x"} {}`, 400, "more than one JSON value"},
		{"half a body", http.MethodPost, "/disconnect", `{"account": "x"`, 400, "not JSON: "},
		{"another kind", http.MethodPost, "/receipts", `{"tlvs": "no"}`, 400, "body: tlvs: found string, not a bool"},
		{"another kind of number", http.MethodPost, "/handsets/1/open", `{"index": "1"}`, 400, "body: index: found string, not a whole number"},
		{"no object", http.MethodPost, "/disconnect", `[]`, 400, "body: found array, not an object"},
		{"not UTF-8", http.MethodPost, "/mo", "{\"from\": \"1\", \"to\": \"1\", \"text\": \"\xff\"}", 400, "body: not UTF-8"},
		{"MO of what is not UTF-8", http.MethodPost, "/mo", `{"from": "1", "to": "1", "text": "\ud800"}`, 400, "text: not UTF-8"},
		{"MO from too long a number", http.MethodPost, "/mo", `{"from": "4477009001010000000000101", "to": "1", "text": "Hi"}`, 400, "from: 25 octets"},
		{"MO to a NUL", http.MethodPost, "/mo", `{"from": "1", "to": "1\u0000", "text": "Hi"}`, 400, "to: "},
		{"receipt of a long message_id", http.MethodPost, "/receipts", `{"from": "1", "to": "1", "message_id": "` + strings.Repeat("1", 65) + `"}`, 400, "message_id: "},
		{"receipt of a NUL", http.MethodPost, "/receipts", `{"from": "1", "to": "1", "message_id": "1\u0000"}`, 400, "message_id: "},
		{"receipt with a short error", http.MethodPost, "/receipts", `{"from": "1", "to": "1", "message_id": "1", "error": "1"}`, 400, "such as 011"},
		{"receipt with a long error", http.MethodPost, "/receipts", `{"from": "1", "to": "1", "message_id": "1", "error": "0111"}`, 400, "such as 011"},
		{"misspelt", http.MethodPost, "/deliver", `{"hexe": "0"}`, 400, `unknown field`},
		{"no PDU", http.MethodPost, "/deliver", `{"hex": "00"}`, 400, `octets, not 1","hint":"`},
		{"nobody bound", http.MethodPost, "/deliver", `{"hex": "00000010 00000005 00000000 00000001"}`, 409, "GET /status"},
		{"too long", http.MethodPost, "/deliver", `{"hex": "` + strings.Repeat("0", maxBody) + `"}`, 400, "too large"},
		{"MO of nobody", http.MethodPost, "/mo", `{"to": "1"}`, 400, `"hint":"from is the subscriber, to the ESME's number"`},
		{"MO of a coding", http.MethodPost, "/mo", `{"from": "1", "to": "1", "coding": "utf8"}`, 400, "unknown"},
		{"MO that lacks characters", http.MethodPost, "/mo", `{"from": "1", "to": "1", "text": "停", "coding": "gsm7"}`, 400, "lacks a character"},
		{"MO twice", http.MethodPost, "/mo", `{"from": "1", "to": "1", "text": "Hi", "hex": "00"}`, 400, "one of the two"},
		{"MO with half a header", http.MethodPost, "/mo", `{"from": "1", "to": "1", "udh": "0403"}`, 400, "udh"},
		{"MO too long", http.MethodPost, "/mo", `{"from": "1", "to": "1", "hex": "` + strings.Repeat("00", 141) + `"}`, 400, "too long"},
		{"MO to nobody", http.MethodPost, "/mo", `{"from": "1", "to": "1", "text": "Hi"}`, 409, "no session"},
		{"receipt of what", http.MethodPost, "/receipts", `{"from": "1", "to": "1"}`, 400, "message_id"},
		{"receipt of a state", http.MethodPost, "/receipts", `{"from": "1", "to": "1", "message_id": "1", "state": "READ"}`, 400, "DELIVRD"},
		{"receipt to nobody", http.MethodPost, "/receipts", `{"from": "1", "to": "1", "message_id": "1"}`, 409, "no session"},
		{"wrong method", http.MethodGet, "/deliver", "", 405, `"hint":"POST"`},
		{"no such page", http.MethodGet, "/none", "", 404, "openapi.yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, b := ask(t, tt.method, ctl.URL+tt.path, tt.body)
			if code != tt.code || !strings.Contains(string(b), tt.want) {
				t.Errorf("answer %d %s, want %d with %q", code, b, tt.code, tt.want)
			}
		})
	}
}

// Questions about handsets create none, and a reset forgets them.
func TestControlCreatesNoHandsets(t *testing.T) {
	n := simulator.NewNetwork(simulator.HandsetOptions{})
	ctl, _ := startControlled(t, simulator.Options{Network: n})
	n.Handset(subscriber)
	if code, b := ask(t, http.MethodPost, ctl.URL+"/reset", ""); code != http.StatusOK {
		t.Fatalf("reset: %d %s", code, b)
	}
	for _, tt := range []struct {
		method, path, body string
		code               int
	}{
		{http.MethodGet, "/handsets/abc/messages", "", 400},
		{http.MethodGet, "/handsets/abc/messages?wait=1", "", 400},
		{http.MethodPost, "/handsets/abc/open", `{"index": 1}`, 400},
		{http.MethodGet, "/handsets/+44770/messages", "", 200},
		{http.MethodPost, "/handsets/447700900101/open", `{"index": 1}`, 404},
	} {
		if code, b := ask(t, tt.method, ctl.URL+tt.path, tt.body); code != tt.code {
			t.Errorf("%s %s: %d %s, want %d", tt.method, tt.path, code, b, tt.code)
		}
	}
	if all := n.Handsets(); len(all) != 0 {
		t.Errorf("there are handsets %v", all)
	}
}
