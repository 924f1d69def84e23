package console

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"readback/internal/ops"
)

// TestLive follows a page, and sees a change.
func TestLive(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/console/live/handsets", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("got %s %s", resp.Status, kind)
	}
	lines := bufio.NewScanner(resp.Body)
	event := func() string {
		var all []string
		for lines.Scan() {
			switch data, ok := strings.CutPrefix(lines.Text(), "data: "); {
			case ok:
				all = append(all, data)
			case lines.Text() == "" && len(all) > 0:
				return strings.Join(all, "\n")
			}
		}
		t.Fatal(lines.Err())
		return ""
	}
	if first := event(); !strings.Contains(first, `id="open-2"`) || strings.Contains(first, "<html") {
		t.Errorf("the first event: got %q", first)
	}
	if err := w.handsets.Open(ctx, "447700900123", 2); err != nil {
		t.Fatal(err)
	}
	if second := event(); strings.Contains(second, `id="open-2"`) || !strings.Contains(second, "您的餐位已订好□002") {
		t.Errorf("after it was opened: got %q", second)
	}
}

// TestLiveRefuses asks for what cannot be followed, and by whom it must not.
func TestLiveRefuses(t *testing.T) {
	w := newWorld(t, people()...)
	b := newBrowser(w)
	b.post(t, ops.LoginPath, ops.LoginPath, "secret", "viewer", "next", "/console/")
	for path, want := range map[string]int{
		"/console/live/login": 404, "/console/live/conversation": 404, "/console/live/reads?full=true": 403,
	} {
		if rec := b.get(t, path); rec.Code != want || strings.Contains(rec.Body.String(), "data:") {
			t.Errorf("%s: got %d %q, want %d", path, rec.Code, rec.Body, want)
		}
	}
	for range maxStreams {
		w.console.streams <- struct{}{}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if rec := b.do(t, request(http.MethodGet, "/console/live/reads").WithContext(gone)); rec.Code != http.StatusServiceUnavailable {
		t.Errorf("one too many: got %d, want 503", rec.Code)
	}
}

// A live page with numbers in full ends when its reader loses the role for them, and keeps the other.
func TestLiveWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := people()
		i := slices.IndexFunc(all, func(p ops.Person) bool { return p.Name == "privacy" })
		all[i].Roles |= ops.Viewer
		w := newWorld(t, all...)
		r := request(http.MethodGet, "/console/live/reads?full=true")
		r.Header.Set("Authorization", "Bearer privacy")
		rec, ended := httptest.NewRecorder(), false
		go func() {
			w.ServeHTTP(rec, r)
			ended = true
		}()
		synctest.Wait()
		if ended || !strings.Contains(rec.Body.String(), "447700900123") {
			t.Fatalf("before: got %d %q", rec.Code, rec.Body)
		}
		fewer := slices.Clone(all)
		fewer[i].Roles = ops.Viewer
		w.Use(ops.Access{Operators: fewer})
		synctest.Wait()
		if !ended {
			t.Error("without the role: the page goes on")
		}
	})
}

func TestNumbersAsText(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{count(1234567), "1\u202f234\u202f567"},
		{count(999), "999"},
		{count(0), "0"},
		{rate(0), "0"},
		{rate(0.333), "0.33"},
		{rate(12.34), "12.3"},
		{rate(123.4), "123"},
		{rate(1234.4), "1\u202f234"},
		{seconds(0), "0"},
		{seconds(42e-6), "42 µs"},
		{seconds(0.0123), "12.3 ms"},
		{seconds(1.5), "1.50 s"},
		{rounded("1.00"), "1"},
		{rounded("90.0 ms"), "90 ms"},
		{rounded("12.9 ms"), "12.9 ms"},
		{rounded("1.50 s"), "1.5 s"},
		{rounded("100"), "100"},
		{link("/console/dead?done=x&account=a", "full", "true"), "/console/dead?account=a&full=true"},
		{link("/console/dead?full=true", "full", ""), "/console/dead"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
