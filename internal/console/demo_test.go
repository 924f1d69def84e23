//go:build e2e

package console

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"readback/internal/operator"
	"readback/relay/reads"
)

// startDemo runs `readback demo`, and returns the address of its console, which it prints first.
func startDemo(t *testing.T) (url string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "readback")
	if out, err := exec.Command("go", "build", "-o", program, "readback/cmd/readback").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.Command(program, "demo")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("the demo says nothing: %v", lines.Err())
	}
	first, read := lines.Text(), make(chan struct{})
	go func() {
		defer close(read)
		for lines.Scan() { // or the demo would wait
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-read
		if err := cmd.Wait(); err != nil {
			t.Errorf("the demo: %v", err)
		}
	})
	at := regexp.MustCompile(`http://\S+/console/`).FindString(first)
	if at == "" {
		t.Fatalf("the demo first says %q, want the address of the console", first)
	}
	return strings.TrimSuffix(at, "/console/")
}

// ask asks the API.
func ask[T any](t *testing.T, url string) (answer T) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// TestDemoInChromium opens a message of each kind on a handset of the demo, and sees it turn to read on the side of
// its sender. Then it looks at what all pages say of a gateway at work.
func TestDemoInChromium(t *testing.T) {
	url := startDemo(t)
	b, axe := chromium(t), axeScript(t)
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 1280, Height: 800, DeviceScaleFactor: 1})
	const yours = "447700900100"
	for b.open(url + "/console/handsets?number=" + yours); eval[int](b, `document.querySelectorAll(".inbox li").length`) < 3; b.open(url + "/console/handsets?number=" + yours) {
		time.Sleep(100 * time.Millisecond) // until the demo has sent them
	}
	for i, end := range []string{"Your table is booked (4)", "Your table is booked (5)§002", "您的餐位已订好（6）□003"} {
		b.do(chromedp.Click(chromedp.CSS(fmt.Sprintf("#open-%d", i+1))), chromedp.WaitVisible(chromedp.CSS(fmt.Sprintf(`.bubble[data-number="%d"][data-state=read] .mark.read`, i+1))))
		if text := eval[string](b, fmt.Sprintf(`document.querySelector('.inbox [data-index="%d"]').textContent`, i+1)); !strings.HasSuffix(text, end) {
			t.Errorf("the handset shows %q, want %q", text, end)
		}
		if i == 1 {
			b.lookAt("demo-handsets", axe)
		}
	}
	view := ask[reads.ConversationView](t, url+"/v1/conversations/10690001/"+yours)
	if view.Shown.Read == nil || *view.Shown.Read < 3 {
		t.Errorf("the API says %+v, want number 3 read", view.Shown)
	}
	accounts := ask[operator.Accounts](t, url+"/v1/accounts")
	b.open(url + "/console/accounts")
	if got := eval[int](b, `document.querySelectorAll("table")[0].tBodies[0].rows.length`); got != len(accounts.Accounts) || got < 2 {
		t.Errorf("got %d accounts, the API has %+v", got, accounts)
	}
	b.open(url + "/console/")
	b.do(chromedp.WaitVisible(chromedp.CSS("svg .s0"))) // two samples have come
	if sessions := ask[operator.Sessions](t, url+"/v1/sessions"); eval[string](b, `document.querySelector("[data-figure=sessions]").textContent`) != fmt.Sprint(len(sessions.Sessions)) {
		t.Errorf("sessions on the first page: the API has %d", len(sessions.Sessions))
	}
	b.lookAt("demo-flow", axe)
	for _, p := range []string{"sessions", "reads", "skips", "held", "dead", "configuration", "messages?full=true&receiver=" + yours, "conversation?sender=10690001&receiver=447700900101"} {
		b.open(url + "/console/" + p)
		b.lookAt("demo-"+nameOf("/console/"+p), axe)
	}
}
