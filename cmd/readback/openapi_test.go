package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"readback/docs"
	"readback/internal/flow"
	"readback/internal/operator"
	"readback/internal/trace"
	"readback/relay/archive"
	"readback/relay/feedback"
	"readback/relay/reads"
)

// documented are the types of the answers, by the names of their schemas.
var documented = map[string]any{
	"Account": operator.Account{}, "AccountStatistics": operator.AccountStatistics{}, "Accounts": operator.Accounts{},
	"BackupStep": backupStep{}, "Carriage": operator.Carriage{}, "Change": operator.Change{}, "ChangedAccounts": operator.ChangedAccounts{},
	"ChangedFile": operator.ChangedFile{}, "ConfigError": operator.ConfigError{}, "Conversation": reads.ConversationView{},
	"ConversationMessage": reads.MessageView{}, "DeadLetter": feedback.DeadLetter{}, "Drain": operator.Drain{}, "Event": operator.Event{},
	"Feedback": operator.Feedback{}, "Flow": operator.Flow{}, "HeldReceipt": operator.HeldReceipt{}, "HeldReceipts": operator.HeldReceipts{},
	"Latency": flow.Latency{}, "Manifest": archive.Manifest{}, "Message": operator.Message{}, "MessagePart": operator.MessagePart{},
	"Messages": operator.Messages{}, "OptOut": reads.OptOut{}, "PDU": trace.PDU{}, "Part": operator.Part{}, "Queue": feedback.Queue{},
	"ReadResponse": operator.ReadResponse{}, "ReadResponses": operator.ReadResponses{}, "Reload": operator.Reload{}, "Sample": flow.Sample{},
	"Session": operator.Session{}, "Sessions": operator.Sessions{}, "Setting": operator.Setting{}, "Settings": operator.Settings{},
	"Shown": reads.Shown{}, "SMSC": operator.SMSC{}, "SMSCSession": operator.SMSCSession{}, "LogLevel": operator.LogLevel{}, "AccountLevel": operator.AccountLevel{}, "Source": operator.Source{}, "Statistics": operator.Statistics{}, "Status": operator.Status{},
	"SubscriberHash": operator.SubscriberHash{}, "TimeToRead": operator.TimeToRead{}, "TraceEnd": operator.TraceEnd{},
	"TraceLine": operator.TraceLine{}, "Unnumbered": operator.Unnumbered{}, "UnnumberedMessage": operator.UnnumberedMessage{}, "Value": trace.Value{},
}

// notExported are the schemas of types that only answers show: TestAnswersAsDocumented looks at those.
var notExported = []string{"DeadChanged", "LevelRequest", "Problem", "Read", "Readiness", "Verdict"}

// Each line of these is JSON.
func init() {
	for _, kind := range []string{"application/x-ndjson", "application/jsonl"} {
		openapi3filter.RegisterBodyDecoder(kind, openapi3filter.JSONBodyDecoder)
	}
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
}

func loadDocument(t *testing.T, text []byte) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestDocumentedTypes: each schema has the properties that the JSON of its type has, and those are required that are
// always there.
func TestDocumentedTypes(t *testing.T) {
	for _, text := range [][]byte{docs.OperatorAPI, docs.ReceiversAPI} {
		for name, s := range loadDocument(t, text).Components.Schemas {
			v, known := documented[name]
			if !known {
				if !slices.Contains(notExported, name) {
					t.Errorf("the schema %s is of no type", name)
				}
				continue
			}
			var properties, required []string
			for f := range reflect.TypeOf(v).Fields() {
				field, options, _ := strings.Cut(f.Tag.Get("json"), ",")
				properties = append(properties, field)
				if options == "" {
					required = append(required, field)
				}
			}
			var got []string
			for p := range s.Value.Properties {
				got = append(got, p)
			}
			if !sameSet(got, properties) {
				t.Errorf("%s: got the properties %q, want %q", name, got, properties)
			}
			if !sameSet(s.Value.Required, required) {
				t.Errorf("%s: got required %q, want %q", name, s.Value.Required, required)
			}
		}
	}
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// documentedAPI asks a gateway, and holds its answers against a document.
type documentedAPI struct {
	t      *testing.T
	base   string
	router routers.Router
}

func newDocumentedAPI(t *testing.T, addr string, text []byte) *documentedAPI {
	t.Helper()
	doc := loadDocument(t, text)
	doc.Servers = openapi3.Servers{{URL: "http://" + addr}}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &documentedAPI{t, "http://" + addr, router}
}

// ask sends a request and checks that the answer has this status and is as the document says.
func (a *documentedAPI) ask(method, path, body string, want int) []byte {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.base+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	route, params, err := a.router.FindRoute(req)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != want {
		a.t.Errorf("%s %s: got %d %s, want %d", method, path, resp.StatusCode, text, want)
		return text
	}
	if kind := resp.Header.Get("Content-Type"); kind == "application/x-ndjson" || kind == "application/jsonl" {
		for line := range bytes.Lines(text) {
			a.compare(req, route, params, resp, line)
		}
		return text
	}
	a.compare(req, route, params, resp, text)
	return text
}

func (a *documentedAPI) compare(req *http.Request, route *routers.Route, params map[string]string, resp *http.Response, text []byte) {
	a.t.Helper()
	in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: resp.StatusCode, Header: resp.Header, Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	out.SetBodyBytes(text)
	if err := openapi3filter.ValidateResponse(a.t.Context(), out); err != nil {
		a.t.Errorf("%s %s: %s is not as documented: %v", req.Method, req.URL, text, err)
	}
	content := route.Operation.Responses.Status(resp.StatusCode).Value.Content
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	if media := content.Get(kind); media != nil && strings.Contains(kind, "json") {
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			a.t.Errorf("%s %s: %v", req.Method, req.URL, err)
		}
		a.whole(req.URL.Path, media.Schema, v)
	} else if media == nil && len(text) > 0 {
		a.t.Errorf("%s %s: an answer of type %s is not documented", req.Method, req.URL, kind)
	}
}

// whole checks that the document has all that stands in an answer.
func (a *documentedAPI) whole(at string, s *openapi3.SchemaRef, v any) {
	a.t.Helper()
	for _, one := range s.Value.OneOf {
		if _, isList := v.([]any); one.Value.Type.Is("array") == isList {
			s = one
		}
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			a.whole(at+"[]", s.Value.Items, item)
		}
	case map[string]any:
		for name, inner := range v {
			p, known := s.Value.Properties[name]
			if !known && len(s.Value.Properties) > 0 {
				a.t.Errorf("%s.%s is not documented", at, name)
			}
			if known {
				a.whole(at+"."+name, p, inner)
			}
		}
	}
}

// TestAnswersAsDocumented asks a gateway that has sent messages, read ones and a dead letter for all that it can say, and
// for what it cannot.
func TestAnswersAsDocumented(t *testing.T) {
	g := newPagesGateway(t)
	a := newDocumentedAPI(t, g.Ops(), docs.OperatorAPI)
	for _, path := range []string{
		"/healthz", "/readyz", "/metrics", "/v1/openapi.yaml", "/v1/status", "/v1/flow", "/v1/accounts", "/v1/accounts?limit=1", "/v1/statistics",
		"/v1/sessions", "/v1/smsc", "/v1/config", "/v1/config?limit=3&key=relay", "/v1/drain", "/v1/messages?receiver=" + receiver(0), "/v1/messages?message_id=none",
		"/v1/messages?receiver=" + receiver(0) + "&limit=2&full=true", "/v1/unnumbered", "/v1/reads", "/v1/feedback", "/v1/held", "/v1/dead", "/v1/dead?full=true",
		"/v1/conversations/10690001/" + receiver(0), "/v1/receivers/" + receiver(0) + "/optout", "/v1/receivers/" + receiver(0) + "/hash",
		"/v1/trace?account=bank&for=10ms", "/debug/pprof/",
	} {
		a.ask("GET", path, "", 200)
	}
	for _, path := range []string{
		"/v1/flow?minutes=x", "/v1/accounts?limit=0", "/v1/statistics?limit=0", "/v1/sessions?cursor=x", "/v1/config?cursor=x", "/v1/drain?wait=x", "/v1/messages",
		"/v1/unnumbered?limit=x", "/v1/reads?limit=x", "/v1/held?limit=x", "/v1/dead?limit=0", "/v1/conversations/10690001/x", "/v1/receivers/x/optout",
		"/v1/receivers/x/hash", "/v1/trace",
	} {
		a.ask("GET", path, "", 400)
	}
	a.ask("DELETE", "/v1/sessions/99", "", 404)
	a.ask("DELETE", "/v1/sessions/"+g.session(t), "", 202)
	a.ask("POST", "/v1/store/backup", "", 400)
	a.ask("POST", "/v1/store/backup?dir="+t.TempDir()+"/backup", "", 200)
	a.ask("POST", "/v1/dead/replay", "", 400)
	a.ask("DELETE", "/v1/dead?all=true", "", 200)
	a.ask("PUT", "/v1/receivers/"+receiver(0)+"/optout", "", 200)
	a.ask("DELETE", "/v1/receivers/"+receiver(0)+"/optout", "", 200)
	a.ask("DELETE", "/v1/receivers/x", "", 400)
	a.ask("DELETE", "/v1/receivers/"+receiver(0), "", 204)
	a.ask("GET", "/v1/smsc?limit=0", "", 400)
	a.ask("DELETE", "/v1/smsc/99", "", 404)
	a.ask("GET", "/v1/log/level", "", 200)
	a.ask("PUT", "/v1/log/level", `{"level":"loud"}`, 400)
	a.ask("PUT", "/v1/log/level", `{"level":"debug","account":"bank","for":"10m"}`, 200)
	a.ask("DELETE", "/v1/log/level", "", 200)
	a.ask("POST", "/v1/reload", "", 200)
	a.ask("POST", "/-/reload", "", 200)
	a.ask("POST", "/v1/drain", "", 202)
}

// TestReceiversAnswersAsDocumented asks the other listener.
func TestReceiversAnswersAsDocumented(t *testing.T) {
	g := newPagesGateway(t)
	a := newDocumentedAPI(t, g.Reads(), docs.ReceiversAPI)
	to := receiver(0)
	a.ask("GET", "/v1/openapi.yaml", "", 200)
	a.ask("POST", "/v1/reads", `{"receiver":"`+to+`","sender":"10690001","number":2}`, 202)
	a.ask("POST", "/v1/reads", `[{"receiver":"`+to+`","number":3},{"receiver":"`+to+`","number":200}]`, 207)
	a.ask("POST", "/v1/reads", `{"receiver":"`+to+`","number":200}`, 404)
	a.ask("POST", "/v1/reads", `{`, 400)
	a.ask("GET", "/v1/conversations/10690001/"+to, "", 200)
	a.ask("GET", "/v1/conversations/10690001/x", "", 400)
	a.ask("GET", "/v1/receivers/"+to+"/optout", "", 200)
	a.ask("PUT", "/v1/receivers/"+to+"/optout", "", 200)
	a.ask("DELETE", "/v1/receivers/"+to+"/optout", "", 200)
	a.ask("DELETE", "/v1/receivers/"+to, "", 204)
}
