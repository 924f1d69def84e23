package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/handset"
	"readback/internal/testpeer"
	"readback/smpp"
	"readback/udh"
)

// shortMessage is one SM as a handset gets it.
type shortMessage struct {
	from   string
	coding byte
	header string // with its length octet; empty for none
	text   string
	tlvs   string
}

func (s shortMessage) message(t testing.TB) smpp.Message {
	t.Helper()
	m := ShortMessage{
		From: Number(s.from), To: Number(receiver), DataCoding: s.coding,
		UserData: []byte(s.header + s.text), TLVs: []byte(s.tlvs),
	}
	if s.header != "" {
		m.ESMClass = smpp.ESMClassUDHI
	}
	v, err := smpp.ParseMessage(submit(m))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sar(ref, total, seq byte) string {
	b := smpp.AppendTLV(nil, smpp.TagSarMsgRefNum, []byte{0, ref})
	b = smpp.AppendTLV(b, smpp.TagSarSegmentSeqnum, []byte{seq})
	return string(smpp.AppendTLV(b, smpp.TagSarTotalSegments, []byte{total}))
}

// other is another sender.
const other = "10690002"

var handsetTests = []struct {
	name string
	in   []shortMessage
	want string // from text number carriage element parts, one message a line
}{
	{"plain", []shortMessage{{sender, 1, "", "Hi", ""}}, "10690001 Hi - - 1"},
	{"element", []shortMessage{{sender, 8, "\x04\x80\x02\x01\x01", "\x4f\x60", ""}}, "10690001 你 257 element 80020101 1"},
	{"element with proof", []shortMessage{{sender, 1, "\x08\x80\x06\x00\x01\xca\xfe\x01\x02", "Hi", ""}}, "10690001 Hi 1 element 80060001cafe0102 1"},
	{"last element", []shortMessage{{sender, 1, "\x08\x80\x02\x00\x01\x80\x02\x00\x02", "Hi", ""}}, "10690001 Hi 2 element 80020002 1"},
	{"marker in GSM 7-bit", []shortMessage{{sender, 0, "", "Hi\x5f017", ""}}, "10690001 Hi§017 17 marker  1"},
	{"marker zero in ASCII", []shortMessage{{sender, 1, "", "Hi#000", ""}}, "10690001 Hi#000 0 marker  1"},
	{"header ignored whole", []shortMessage{{sender, 1, "\x05\x80\x02\x00\x01\x00", "Hi", ""}}, "10690001 Hi - - 1"},
	{"header beyond the end", []shortMessage{{sender, 1, "\xff\x80", "Hi", ""}}, "10690001  - - 1"},
	{
		"out of order with duplicates",
		[]shortMessage{
			{sender, 1, "\x09\x00\x03\x07\x03\x03\x80\x02\x00\x05", "!", ""},
			{sender, 1, "\x09\x00\x03\x07\x03\x01\x80\x02\x00\x05", "Hello ", ""},
			{sender, 1, "\x09\x00\x03\x07\x03\x03\x80\x02\x00\x05", "!", ""},
			{sender, 1, "\x09\x00\x03\x07\x03\x02\x80\x02\x00\x05", "world", ""},
		},
		"10690001 Hello world! 5 element 80020005 3",
	},
	{
		"senders and references apart",
		[]shortMessage{
			{sender, 1, "\x05\x00\x03\x07\x02\x01", "a", ""},
			{other, 1, "\x05\x00\x03\x07\x02\x02", "Y", ""},
			{sender, 1, "\x06\x08\x04\x00\x07\x02\x02", "q", ""},
			{other, 1, "\x05\x00\x03\x07\x02\x01", "X", ""},
			{sender, 1, "\x05\x00\x03\x07\x02\x02", "b", ""},
			{sender, 1, "\x06\x08\x04\x00\x07\x02\x01", "p", ""},
		},
		"10690002 XY - - 2\n10690001 ab - - 2\n10690001 pq - - 2",
	},
	{
		"a reference used again",
		[]shortMessage{
			{sender, 1, "\x05\x00\x03\x07\x02\x01", "lost ", ""},
			{sender, 1, "\x05\x00\x03\x07\x02\x01", "kept ", ""},
			{sender, 1, "\x05\x00\x03\x07\x02\x02", "whole", ""},
		},
		"10690001 kept whole - - 2",
	},
	{
		"sar TLVs, marker in the last",
		[]shortMessage{
			{sender, 8, "", "\x00B\x25\xa1\x000\x001\x002", sar(9, 2, 2)},
			{sender, 8, "", "\x00A", sar(9, 2, 1)},
		},
		"10690001 AB□012 12 marker  2",
	},
	{
		"a character cut in two",
		[]shortMessage{
			{sender, 8, "\x05\x00\x03\x01\x02\x01", "\xd8\x3d", ""},
			{sender, 8, "\x05\x00\x03\x01\x02\x02", "\xde\x00", ""},
		},
		"10690001 😀 - - 2",
	},
	{
		"codings mixed",
		[]shortMessage{
			{sender, 8, "\x05\x00\x03\x01\x02\x01", "\x25\xa1", ""},
			{sender, 1, "\x05\x00\x03\x01\x02\x02", "A", ""},
		},
		"10690001 □A - - 2",
	},
	{"sequence beyond the total", []shortMessage{{sender, 1, "\x05\x00\x03\x01\x02\x03", "A", ""}}, "10690001 A - - 1"},
}

func TestHandset(t *testing.T) {
	for _, tt := range handsetTests {
		t.Run(tt.name, func(t *testing.T) {
			h := NewHandset("+"+receiver, HandsetOptions{})
			for _, sm := range tt.in {
				h.Receive(sm.message(t))
			}
			var got []string
			for i, m := range h.Messages() {
				number := "- -"
				if m.HasNumber {
					number = fmt.Sprintf("%d %s %x", m.Number, m.Carriage, m.Element)
				}
				got = append(got, fmt.Sprintf("%s %s %s %d", m.From, m.Text, number, m.Parts))
				if m.Index != i+1 || m.At.IsZero() {
					t.Errorf("index %d at %v, want %d and a time", m.Index, m.At, i+1)
				}
			}
			if got := strings.Join(got, "\n"); got != tt.want {
				t.Errorf("inbox:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestHandsetSettings(t *testing.T) {
	marker, err := udh.NewMarker('■', '¤', '¤', '*')
	if err != nil {
		t.Fatal(err)
	}
	h := NewHandset(receiver, HandsetOptions{IEI: 0x90, Marker: &marker, Default: udh.Latin1})
	h.Receive(shortMessage{sender, 1, "\x04\x90\x02\x00\x03", "Hi", ""}.message(t))
	h.Receive(shortMessage{sender, 1, "\x04\x80\x02\x00\x04", "Hi", ""}.message(t))
	h.Receive(shortMessage{sender, 0, "", "Hi\xa4005", ""}.message(t))
	var got []int
	for _, m := range h.Messages() {
		got = append(got, m.Number)
		if m.Sent() != "Hi" {
			t.Errorf("got %q as the sender's text, want Hi", m.Sent())
		}
	}
	if fmt.Sprint(got) != "[3 0 5]" {
		t.Errorf("numbers %v, want [3 0 5]", got)
	}
}

func TestInboxBound(t *testing.T) {
	h := NewHandset(receiver, HandsetOptions{Inbox: 2})
	for _, say := range []string{"a", "b", "c"} {
		h.Receive(shortMessage{sender, 1, "", say, ""}.message(t))
	}
	if m := h.Messages(); len(m) != 2 || m[0].Text != "b" || m[0].Index != 2 {
		t.Errorf("inbox %+v, want b as number 2, and c", m)
	}
	if m, err := h.WaitMessage(testpeer.Within(t), 3); err != nil || m.Text != "c" {
		t.Errorf("third = %q, %v, want c", m.Text, err)
	}
	if _, err := h.Message(1); !errors.Is(err, ErrNoMessage) {
		t.Errorf("first = %v, want %v", err, ErrNoMessage)
	}
	for i := range maxAssembling + 1 { // the first of them is given up
		h.Receive(shortMessage{sender, 1, "\x05\x00\x03" + string([]byte{byte(i)}) + "\x02\x01", "x", ""}.message(t))
	}
	if got := len(h.parts.open); got != maxAssembling {
		t.Errorf("%d messages in pieces, want %d", got, maxAssembling)
	}
	h.Receive(shortMessage{sender, 1, "\x05\x00\x03\x01\x02\x02", "y", ""}.message(t))
	if m, err := h.WaitMessage(testpeer.Within(t), 4); err != nil || m.Text != "xy" {
		t.Errorf("fourth = %q, %v, want xy", m.Text, err)
	}
}

// answer is a server's verdict.
func answer(w http.ResponseWriter, code int) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(handset.Verdict{Code: code})
}

func TestOpen(t *testing.T) {
	var calls atomic.Int32
	var body atomic.Value
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var got map[string]any
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil || r.Header.Get("X-API-Key") != "key" {
			t.Errorf("body %v, key %q", err, r.Header.Get("X-API-Key"))
		}
		body.Store(got)
		if got["status"] == 2.0 {
			answer(w, http.StatusNotFound)
			return
		}
		answer(w, http.StatusAccepted)
	}))
	defer srv.Close()
	h := NewHandset(receiver, HandsetOptions{Respond: HTTPReads(srv.URL, "key")})
	h.Receive(shortMessage{sender, 1, "\x08\x80\x06\x00\x11\x9f\x3a\x01\xc2", "Hi", ""}.message(t))
	h.Receive(shortMessage{sender, 1, "", "Hi", ""}.message(t))
	m, err := h.WaitMessage(testpeer.Within(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Open(testpeer.Within(t), m); err != nil {
		t.Fatal(err)
	}
	got := body.Load().(map[string]any)
	delete(got, "read_at")
	want := map[string]any{"receiver": receiver, "sender": sender, "number": 17.0, "status": 1.0, "proof": "9f3a01c2"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("read response %v, want %v", got, want)
	}
	if m, _ := h.Message(1); !m.Opened || calls.Load() != 3 {
		t.Errorf("opened %v after %d tries, want true after 3", m.Opened, calls.Load())
	}
	var refused *RefusedError
	if err := h.Delete(testpeer.Within(t), m); !errors.As(err, &refused) || refused.Code != http.StatusNotFound {
		t.Errorf("refused: %v, want 404", err)
	}
	plain, _ := h.Message(2)
	if err := h.Open(testpeer.Within(t), plain); !errors.Is(err, ErrNoNumber) {
		t.Errorf("no number: %v, want %v", err, ErrNoNumber)
	}
	if err := NewHandset(receiver, HandsetOptions{}).Open(testpeer.Within(t), m); !errors.Is(err, ErrNoRespond) {
		t.Errorf("no way: %v, want %v", err, ErrNoRespond)
	}
}

func TestHTTPReadsKeyNotValid(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusUnauthorized) }))
	defer srv.Close()
	var refused *RefusedError
	if err := HTTPReads(srv.URL, "")(testpeer.Within(t), handset.Response{}); !errors.As(err, &refused) || refused.Code != http.StatusUnauthorized {
		t.Errorf("got %v, want 401", err)
	}
}

func TestHTTPReadsGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(testpeer.Within(t))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
		cancel()
	}))
	defer srv.Close()
	if err := HTTPReads(srv.URL, "")(ctx, handset.Response{}); err == nil {
		t.Error("a server that is never available accepted")
	}
}

func TestNetworkBehindSMSC(t *testing.T) {
	var printed atomic.Value
	n := NewNetwork(HandsetOptions{OnMessage: func(to string, m Message) { printed.Store(to + " " + m.Text) }})
	_, addr := startSMSC(t, Options{Network: n})
	e := openESME(t, addr, ESMEOptions{})
	call(t, e, text("+"+receiver, "Hi#001").Append(nil, pdu.SubmitSMID, 0))
	m, err := n.Handset("00"+receiver).WaitMessage(testpeer.Within(t), 1)
	if err != nil || m.Number != 1 || m.Carriage != ByMarker {
		t.Errorf("message %+v, %v, want number 1 by marker", m, err)
	}
	if got, want := fmt.Sprint(n.Handsets()), "["+receiver+"]"; got != want {
		t.Errorf("handsets %s, want %s", got, want)
	}
	if got, want := printed.Load(), receiver+" Hi#001"; got != want {
		t.Errorf("OnMessage %v, want %v", got, want)
	}
}
