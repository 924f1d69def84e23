package console

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/account"
	"readback/internal/flow"
	"readback/internal/gateway"
	"readback/internal/numbering"
	"readback/internal/operator"
	"readback/internal/ops"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/relay/statistics"
)

// world is a gateway as the console sees it: the operator's server, the pages of its API on what never changes, and a
// record of what it is asked to change.
type world struct {
	*ops.Server
	console  *Console
	now      time.Time
	handsets *phones

	mu      sync.Mutex
	changes []string // guarded by mu: method and target of each
	letters int      // guarded by mu: dead letters that are left
}

// newWorld returns a world for operators; none: everybody may do everything.
func newWorld(t testing.TB, operators ...ops.Person) *world {
	t.Helper()
	w := &world{now: time.Now().Truncate(time.Second), letters: 2}
	w.handsets = &phones{at: w.now}
	w.Server = ops.NewServer(prometheus.NewRegistry(), nil, func() {}, slog.New(slog.DiscardHandler))
	w.Use(ops.Access{Operators: operators})
	checks := map[string]func() error{"relay": func() error { return nil }, "smsc": func() error { return nil }}
	w.Handle("/v1/status", operator.StatusPage("v1.2.3", w.now.Add(-51*time.Hour), checks, w))
	w.Handle("/v1/accounts", operator.AccountPage(w))
	w.Handle("/v1/sessions", operator.SessionPages(w))
	w.Handle("/v1/sessions/", operator.SessionPages(w))
	w.Handle("/v1/smsc", operator.SMSCPages(w))
	w.Handle("/v1/smsc/", operator.SMSCPages(w))
	w.Handle("/v1/flow", operator.FlowPage(w))
	w.Handle("/v1/reads", operator.ReadPage(w, func(k message.VerdictKind) int {
		return map[message.VerdictKind]int{message.VerdictAccepted: 202, message.VerdictNotFound: 404, message.VerdictMalformed: 400}[k]
	}))
	w.Handle("/v1/unnumbered", operator.UnnumberedPage(w))
	w.Handle("/v1/statistics", operator.StatisticsPage(w.now, w, w))
	w.Handle("/v1/held", operator.HeldPage(w.held))
	w.Handle("/v1/config", operator.ConfigPage(settings))
	w.Handle("POST /v1/reload", operator.ReloadPage(w.reload))
	w.Handle("/v1/messages", http.HandlerFunc(w.messages))
	w.Handle("/v1/", http.HandlerFunc(w.relay))
	w.console = New(Options{Ops: w.Server, Version: "v1.2.3", Handsets: w.handsets})
	return w
}

// people are operators whose tokens are their names.
func people() (all []ops.Person) {
	for name, role := range map[string]ops.Roles{"viewer": ops.Viewer, "operator": ops.Operator, "privacy": ops.Privacy} {
		sum := sha256.Sum256([]byte(name))
		all = append(all, ops.Person{Name: name, Roles: role, SHA256: hex.EncodeToString(sum[:])})
	}
	return all
}

func (w *world) Sessions() (all []gateway.Session) {
	for i, id := range []string{"bank", "shop", ""} {
		s := gateway.Session{
			ID: message.Session(i + 7), Account: id, Remote: &net.TCPAddr{IP: net.IPv4(192, 0, 2, byte(10+i)), Port: 40000 + i},
			Since: w.now.Add(-time.Duration(i*i+1) * time.Hour), IsTLS: i == 0, Unanswered: int64(3 * i), Limits: account.Limits{Rate: 50, Window: 20},
		}
		if id != "" {
			s.Bind = pdu.BindTransceiverID
		}
		all = append(all, s)
	}
	return all
}

func (w *world) EndSession(id message.Session) bool {
	w.note(fmt.Sprint("end ", id))
	return id < 10
}

func (w *world) SMSC() gateway.SMSC { return gateway.SMSC{Up: true} }
func (w *world) IsShared() bool     { return false }

func (w *world) SMSCSessions() []gateway.SMSCSession {
	return []gateway.SMSCSession{
		{ID: 7, Account: "bank", Addr: "192.0.2.1:2775", State: "bound", Since: w.now.Add(-time.Hour), Window: 20, Widest: 50},
		{ID: 8, Account: "shop", Addr: "192.0.2.1:2775", State: "waiting", Since: w.now, Lost: errors.New("connection reset"), Retry: w.now.Add(time.Minute)},
	}
}

func (w *world) EndSMSCSession(id uint32) bool {
	w.note(fmt.Sprint("end smsc ", id))
	return id == 7
}

func (w *world) Accounts() []gateway.AccountUse {
	return []gateway.AccountUse{
		{Name: "bank", IsListed: true, Limits: account.Limits{Rate: 50, Window: 20, MaxSessions: 4}, Sessions: 1, Submits: map[numbering.Skip]uint64{
			numbering.Numbered: 1234567, numbering.NoRoom: 321, numbering.Binary: 12,
		}},
		{Name: "shop", Sessions: 1, Unanswered: 3, Submits: map[numbering.Skip]uint64{numbering.NotRequested: 99}},
	}
}

func (w *world) Skipped(account string) (all []gateway.Skipped) {
	for i, skip := range numbering.Skips()[1:] {
		m := gateway.Skipped{
			Time: w.now.Add(-time.Duration(i) * time.Minute), Account: []string{"bank", "shop"}[i%2], Session: message.Session(7 + i%2),
			Command: pdu.SubmitSMID, Sequence: uint32(100 + i), From: "10690001", To: fmt.Sprintf("+44770090012%d", i%10), Skip: skip,
		}
		if account == "" || account == m.Account {
			all = append(all, m)
		}
	}
	return all
}

func (w *world) Latest() []reads.Decided {
	rd := reads.Decided{ID: 3, Time: w.now, Way: "http", Caller: "app", Sender: "10690001", Receiver: "+447700900123", Number: 7, Status: message.StatusRead, Verdict: message.Accept()}
	unknown, wrong := rd, reads.Decided{ID: 1, Time: w.now.Add(-time.Minute), Way: "mqtt", Verdict: message.Malformed("number", "is missing")}
	unknown.ID, unknown.Number, unknown.Verdict = 2, 8, message.Verdict{Kind: message.VerdictNotFound, Reason: "no such message"}
	return []reads.Decided{rd, unknown, wrong}
}

// Since returns a wave of ten minutes.
func (w *world) Since(time.Time) (all []flow.Sample) {
	for i := range 120 {
		x := float64(i) / 9
		all = append(all, flow.Sample{
			Time: w.now.Add(time.Duration(i-120) * flow.Every), Messages: 130 + 60*math.Sin(x), Numbered: 120 + 60*math.Sin(x), Skipped: 10, Rejected: float64(i % 3),
			Delivered: 100 + 50*math.Sin(x-1), Read: 60 + 30*math.Sin(x-2), Sessions: 3, SMSCUp: true, Held: i % 7, Waiting: 3, Dead: 2,
			Answer: &flow.Latency{P50: 0.011, P99: 0.030 + 0.01*math.Sin(x)}, Added: &flow.Latency{P50: 50e-6, P99: 300e-6},
			Append: &flow.Latency{P50: 2e-3, P99: 9e-3},
		})
	}
	return all
}

func (w *world) Statistics() []statistics.Account {
	return []statistics.Account{{Name: "bank", Delivered: 1200000, Failed: 4, Read: 800000, Reported: 799000}}
}

func settings() []operator.Setting {
	start := "20"
	return []operator.Setting{
		{Key: "listen.addr", Value: ":2775", Source: operator.Source{Kind: "file", Name: "/etc/readback/readback.yaml", Line: 3}},
		{Key: "smsc.window", Value: "50", Source: operator.Source{Kind: "env", Name: "READBACK_SMSC_WINDOW"}, Live: true, AtStart: &start},
		{Key: "relay.store", Value: "/var/lib/readback", Source: operator.Source{Kind: "default"}, Pending: &start},
	}
}

func (w *world) reload() (*operator.Reload, *operator.NotReloaded) {
	w.note("reload")
	return &operator.Reload{Changed: []operator.Change{{Key: "smsc.window", From: "20", To: "50", Applied: true}}}, nil
}

// messages answers with one message that was read, and one without a number.
func (w *world) messages(rw http.ResponseWriter, r *http.Request) {
	page := operator.Messages{Messages: []operator.Message{}}
	if r.URL.Query().Get("message_id") != "unknown" {
		number := uint16(7)
		page.Messages = append(page.Messages, operator.Message{
			Account: "bank", Sender: "10690001", Receiver: "+44*********3", SubmittedAt: w.now, Known: "all", Number: &number, State: "read", Total: 2,
			Parts: []operator.MessagePart{{Part: 1, MessageID: "4A7F01"}, {Part: 2, MessageID: "4A7F02"}}, ReadableUntil: w.now.Add(72 * time.Hour),
			Feedback: &operator.Feedback{State: "dead", Form: "webhook", Reason: "webhook answers 410 Gone"},
			Events: []operator.Event{
				{Time: w.now, Event: "submitted", Detail: "by bank, number 7, in 2 parts"},
				{Time: w.now.Add(time.Second), Event: "delivered"},
				{Time: w.now.Add(time.Minute), Event: "read"},
				{Time: w.now.Add(2 * time.Minute), Event: "dead_letter", Detail: "webhook answers 410 Gone"},
			},
		})
	}
	if r.URL.Query().Get("receiver") != "" {
		page.Messages = append(page.Messages, operator.Message{
			Account: "shop", Sender: "10690001", Receiver: "+44*********3", SubmittedAt: w.now, Known: "skipped", Total: 1, Skip: "no_room",
			Events: []operator.Event{{Time: w.now, Event: "submitted"}, {Time: w.now, Event: "skipped", Detail: "no_room"}},
		})
	}
	_ = json.NewEncoder(rw).Encode(page)
}

func (w *world) note(change string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changes = append(w.changes, change)
}

// taken returns what was changed since it was last called.
func (w *world) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.changes
	w.changes = nil
	return all
}

// phones are two handsets.
type phones struct {
	at time.Time

	mu     sync.Mutex
	opened bool // guarded by mu
}

func (p *phones) Numbers() []string { return []string{"447700900123", "447700900124"} }

func (p *phones) Messages(number string) []HandsetMessage {
	if number != "447700900123" {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return []HandsetMessage{
		{Index: 1, From: "10690001", Text: "Your table is booked", Sent: "Your table is booked", Number: 1, Carriage: "element", At: p.at, Opened: true},
		{Index: 2, From: "10690001", Text: "您的餐位已订好□002", Sent: "您的餐位已订好", Number: 2, Carriage: "marker", At: p.at, Opened: p.opened},
	}
}

func (p *phones) Open(_ context.Context, number string, index int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if number != "447700900123" || index != 2 {
		return fmt.Errorf("there is no message %d", index)
	}
	p.opened = true
	return nil
}

// request is a request of a browser on this machine.
func request(method, target string) *http.Request {
	r := httptest.NewRequest(method, "http://localhost"+target, nil)
	r.RemoteAddr = "127.0.0.1:5000"
	return r
}

// get asks for a page.
func (w *world) get(t testing.TB, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec
}
