package handset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// server is a RoundTripper.
type server func(r *http.Request, body string) (code int, header http.Header, answer string)

func (s server) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	code, header, answer := s(r, string(body))
	if code == 0 {
		return nil, errors.New("no network")
	}
	return &http.Response{
		StatusCode: code, Status: fmt.Sprint(code), Header: header, Request: r,
		Body: io.NopCloser(strings.NewReader(answer)),
	}, nil
}

func responses(n int) []Response {
	all := make([]Response, n)
	for i := range all {
		all[i] = Response{Receiver: "447700900101", Sender: "10690001", Number: uint16(i + 1), Status: Read, ID: fmt.Sprint("id-", i+1)}
	}
	return all
}

func TestHTTP(t *testing.T) {
	tests := []struct {
		name   string
		code   int
		answer string
		n      int
		want   string
	}{
		{"one", 202, `{"code":202}`, 1, "[{202  }] <nil>"},
		{"one refused", 404, `{"code":404,"error":"no such message"}`, 1, "[{404 no such message }] <nil>"},
		{"two", 207, `[{"code":202},{"code":400,"error":"is wrong","field":"number"}]`, 2, "[{202  } {400 is wrong number}] <nil>"},
		{"two refused as one", 403, `{"code":403,"error":"not yours"}`, 2, "[{403 not yours }] <nil>"},
		{"too large", 413, `<html>`, 2, "[{413 Request Entity Too Large }] <nil>"},
		{"busy", 503, `{"code":503}`, 1, "later 0s"},
		{"too fast", 429, `<html>`, 1, "later 0s"},
		{"key not valid", 401, `{"code":401}`, 1, "later 0s"},
		{"another server", 404, `<html>Not found</html>`, 1, "no verdict"},
		{"a login page", 200, `{}`, 1, "no verdict"},
		{"not one for each", 202, `[{"code":202}]`, 2, "no verdict"},
		{"another code", 200, `{"code":202}`, 2, "no verdict"},
		{"empty", 202, ``, 1, "no verdict"},
		{"no network", 0, ``, 1, "network"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := HTTP{URL: "http://readback/v1/reads", Client: &http.Client{Transport: server(func(*http.Request, string) (int, http.Header, string) {
				return tt.code, nil, tt.answer
			})}}
			v, err := h.Send(t.Context(), responses(tt.n))
			got := fmt.Sprintf("%v %v", v, err)
			var later *LaterError
			switch {
			case errors.As(err, &later):
				got = fmt.Sprintf("later %v", later.After)
			case errors.Is(err, ErrNoVerdict):
				got = "no verdict"
			case err != nil:
				got = "network"
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestHTTPRequest(t *testing.T) {
	var got []string
	h := HTTP{
		URL: "http://readback/v1/reads", Token: Key("jwt"), APIKey: Key("key"),
		Client: &http.Client{Transport: server(func(r *http.Request, body string) (int, http.Header, string) {
			got = append(got, fmt.Sprintf("%s %s %s %s %.13s", r.Method, r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("X-API-Key"), body))
			return 202, nil, `{"code":202}`
		})},
	}
	for n := range 2 {
		if _, err := h.Send(t.Context(), responses(n+1)); err != nil {
			t.Fatal(err)
		}
	}
	want := `[POST /v1/reads Bearer jwt key {"receiver":" POST /v1/reads Bearer jwt key [{"receiver":]`
	if fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	expired := errors.New("expired")
	h.Token = func(context.Context) (string, error) { return "", expired }
	if _, err := h.Send(t.Context(), responses(1)); !errors.Is(err, expired) {
		t.Errorf("got %v, want %v", err, expired)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	tests := map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-7": 0, "soon": 0, "99999999999999999999": 0,
		"Mon, 23 Nov 2026 08:31:00 GMT": time.Minute, "Mon, 23 Nov 2026 08:29:00 GMT": 0,
	}
	for text, want := range tests {
		if got := retryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
