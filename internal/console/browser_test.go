//go:build e2e

package console

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"readback/internal/ops"
)

// tab is a tab of a browser.
type tab struct {
	ctx context.Context
	t   *testing.T
}

// chromium starts a browser. What it logs as an error, and each exception of a script, is an error of the test.
func chromium(t *testing.T) tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("disable-gpu", true))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	listen := func(event any) {
		switch e := event.(type) {
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelVerbose { // advice
				return
			}
			t.Errorf("the log of the browser: %s %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		case *runtime.EventExceptionThrown:
			t.Errorf("a script: %s", e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			t.Errorf("the console of the browser: %s", e.Type)
		}
	}
	ctx, stop = chromedp.NewContext(ctx, chromedp.WithListener(listen))
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(stop)
	b := tab{ctx, t}
	call(b, log.Enable, cdp.Empty{})
	call(b, network.Enable, network.EnableParams{})
	return b
}

// call sends a command to the browser.
func call[P, R any](b tab, command cdp.Command[P, R], params P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, command, params); err != nil {
		b.t.Fatal(err)
	}
}

// do has somebody do something.
func (b tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// eval returns the value of an expression on the page.
func eval[T any](b tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// open loads a page.
func (b tab) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url), chromedp.WaitReady(chromedp.CSS("main")))
}

// isLive waits until a page is kept up to date.
func (b tab) isLive() {
	b.t.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS("#live-state[data-now=on]")))
}

// serveWorld serves a world to a browser.
func serveWorld(t *testing.T) (w *world, url string) {
	t.Helper()
	w = newWorld(t)
	server := httptest.NewServer(w)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return w, server.URL
}

// screens are the sizes that each page is looked at in.
var screens = []struct {
	name          string
	width, height int64
	phone         bool
}{{"desktop", 1280, 800, false}, {"phone", 390, 844, true}}

// TestInChromium looks at every page: on a phone and on a desk, in light and dark, in both languages.
func TestInChromium(t *testing.T) {
	_, url := serveWorld(t)
	b, axe := chromium(t), axeScript(t)
	for _, screen := range screens {
		for _, scheme := range []string{"light", "dark"} {
			for _, language := range []string{"en", "zh"} {
				if language == "zh" && screen.phone != (scheme == "dark") {
					continue // no combination of two is left out
				}
				call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: screen.width, Height: screen.height, DeviceScaleFactor: 1, Mobile: screen.phone})
				call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
					{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
				}})
				call(b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": language}})
				for _, path := range paths {
					b.open(url + path)
					b.lookAt(strings.Join([]string{nameOf(path), screen.name, scheme, language}, "-"), axe)
				}
			}
		}
	}
}

// TestLoginInChromium logs in as a viewer, who is offered nothing that a viewer may not do, and logs out.
func TestLoginInChromium(t *testing.T) {
	w, url := serveWorld(t)
	w.Use(ops.Access{Operators: people()})
	b, axe := chromium(t), axeScript(t)
	b.open(url + "/console/sessions")
	b.lookAt("login", axe)
	b.do(chromedp.SendKeys(chromedp.CSS("#secret"), "viewer\r"), chromedp.WaitVisible(chromedp.CSS("[data-row]")))
	if got := eval[string](b, `location.pathname + " " + document.querySelectorAll(".danger, [href='/console/conversation']").length`); got != "/console/sessions 0" {
		t.Errorf("a viewer is at %q, want the page that was asked for, without more", got)
	}
	b.isLive()
	b.lookAt("sessions-viewer", axe)
	b.do(chromedp.Click(chromedp.CSS("form[action='/console/logout'] button")), chromedp.WaitVisible(chromedp.CSS("#secret")))
}

// lookAt looks for faults of the page that is open, and keeps its picture.
func (b tab) lookAt(name, axe string) {
	b.t.Helper()
	if eval[bool](b, `document.documentElement.scrollWidth > document.documentElement.clientWidth`) {
		b.t.Errorf("%s: has to be scrolled sideways", name)
	}
	if faults := eval[string](b, axe+findFaults); faults != "" {
		b.t.Errorf("%s: %s", name, faults)
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	keep(b.t, name, picture)
}

// findFaults returns the serious faults of a page, each in a line.
const findFaults = `axe.run(document, {resultTypes: ["violations"]}).then((r) => r.violations.filter((v) => v.impact === "serious" || v.impact === "critical").
	map((v) => v.id + ": " + v.help + ": " + v.nodes.map((n) => n.html + " (" + n.failureSummary + ")").join("; ")).join("\n"))`

// axeScript returns axe-core, which install.sh has put there.
func axeScript(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("%v: run internal/console/install.sh", err)
	}
	return string(text) + ";"
}

// keep writes a picture into the directory READBACK_SCREENSHOTS, if there is one.
func keep(t *testing.T, name string, picture []byte) {
	t.Helper()
	dir := os.Getenv("READBACK_SCREENSHOTS")
	if dir == "" {
		return
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// nameOf returns the name of a picture of a page.
func nameOf(path string) string {
	name := strings.Trim(strings.NewReplacer("/console/", "", "?", "-", "&", "-", "=", "-").Replace(path), "-")
	if name == "" || strings.HasPrefix(name, "minutes") {
		return strings.TrimSuffix("flow-"+name, "-")
	}
	return name
}

// usable returns what can be used on a page, as a number.
const usable = `document.getElementById("live-pause")?.click();
	window.reached = new Set(); document.addEventListener("focusin", (e) => reached.add(e.target));
	document.activeElement.blur();
	[...document.querySelectorAll("a[href], button, input:not([type=hidden]), summary")].filter((e) =>
		e.checkVisibility() && !(e.closest("details:not([open])") && e.tagName !== "SUMMARY")).length`

// TestKeyboard reaches everything that can be used with the tab key alone, and opens a message with it.
func TestKeyboard(t *testing.T) {
	_, url := serveWorld(t)
	b := chromium(t)
	for _, path := range paths {
		b.open(url + path)
		n := eval[int](b, usable)
		for range n + 3 {
			b.do(chromedp.KeyEvent("\t"))
		}
		if reached := eval[int](b, `reached.size`); reached < n {
			t.Errorf("%s: tab reaches %d of %d", path, reached, n)
		}
	}
	b.open(url + "/console/handsets")
	b.do(chromedp.Focus(chromedp.CSS("#open-2")), chromedp.KeyEvent("\r"), chromedp.WaitNotPresent(chromedp.CSS("#open-2")))
	if text := eval[string](b, `document.querySelector(".inbox").textContent`); !strings.Contains(text, "您的餐位已订好□002") {
		t.Errorf("after Enter on the button: got %q", text)
	}
}

// TestLivePage keeps the focus and what is open while a page is kept up to date, and shows the figures of the API.
func TestLivePage(t *testing.T) {
	_, url := serveWorld(t)
	b := chromium(t)
	b.open(url + "/console/dead")
	b.isLive()
	b.do(chromedp.Click(chromedp.CSS("#dead-1 summary")), chromedp.Focus(chromedp.CSS("#replay-1")))
	if got := eval[string](b, `swap(area.innerHTML); document.activeElement.id + " " + document.getElementById("dead-1").open`); got != "replay-1 true" {
		t.Errorf("after an event: got %q, want the focus and what was open", got)
	}
	b.do(chromedp.Click(chromedp.CSS("#live-pause")))
	if got := eval[string](b, `state.textContent`); got != "paused" {
		t.Errorf("after a pause: got %q", got)
	}
	resp, err := http.Get(url + "/v1/accounts")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var page struct {
		Accounts []struct{ Numbered, Unnumbered uint64 }
	}
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, a := range page.Accounts {
		want = append(want, count(a.Numbered), count(a.Unnumbered))
	}
	b.open(url + "/console/accounts")
	b.isLive()
	if got := eval[[]string](b, `[...document.querySelectorAll("[data-figure=numbered], [data-figure=unnumbered]")].map((e) => e.textContent)`); !slices.Equal(got, want) {
		t.Errorf("accounts: got %q, the API has %q", got, want)
	}
}
