package bench

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// gatewayConfig has what must be set. All else is as it is by default, in each release: the embedded NATS
// server, mirror mode, a log line for each read response. The loads would exceed reads.rate and, with
// windows above the default, smsc.window.
const gatewayConfig = `listen: {addr: "127.0.0.1:0", max_sessions: %d}
smsc: {addr: %q, window: %d}
track: {when: requested}
reads: {addr: "127.0.0.1:0", rate: 0%s}
ops: {addr: "127.0.0.1:0"}
relay: {store: %q%s}
`

// otherReads has a listener for read responses, whose port is free.
func (w *world) otherReads() (reads, relay string, err error) {
	if w.route.by == "" {
		return "", "", nil
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	w.reads = w.route.by + "://" + ln.Addr().String()
	if w.route.by == "mqtt" {
		reads = fmt.Sprintf(", mqtt: {addr: %q}", ln.Addr())
	} else {
		relay = fmt.Sprintf(", listen: %q", ln.Addr())
	}
	return reads, relay, ln.Close()
}

// serving is the line of the log that says where the gateway listens.
var serving = regexp.MustCompile(`"msg":"serving".*"esmes":"([^"]+)".*"reads":"([^"]+)".*"ops":"([^"]+)"`)

// openGateway starts a gateway with a store of its own, and waits until its ledger is ready.
func (b *bench) openGateway(ctx context.Context, w *world) error {
	store, config := filepath.Join(w.dir, "store"), filepath.Join(w.dir, "readback.yaml")
	reads, relay, err := w.otherReads()
	if err != nil {
		return err
	}
	text := fmt.Sprintf(gatewayConfig, max(1000, 2*w.setup.Binds, 2*b.opt.Idle), w.sinkAddr, max(100, w.setup.Window), reads, store, relay)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	if w.target, err = start(w.dir, "gateway", nil, w.binary, "serve", "--config", config); err != nil {
		return err
	}
	found, err := w.target.await(ctx, startTime, serving)
	if err != nil {
		return err
	}
	w.addr, w.ops = found[1], "http://"+found[3]
	if w.route.by == "" {
		w.reads = "http://" + found[2] + "/v1/reads"
	}
	return w.awaitReady(ctx)
}

// awaitReady waits until the gateway says that its ledger is ready: before that, messages pass without numbers.
func (w *world) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTime, fmt.Errorf("not ready within %v", startTime))
	defer cancel()
	for {
		if code, err := w.get(ctx, "/readyz", nil); err == nil && code == http.StatusOK {
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return w.target.failed(context.Cause(ctx).Error())
		}
	}
}

// get asks the operator's interface of the gateway and passes the lines of the answer to line.
func (w *world) get(ctx context.Context, path string, line func(string)) (code int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.ops+path, nil)
	if err != nil {
		return 0, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	if line == nil {
		return res.StatusCode, nil
	}
	s := bufio.NewScanner(res.Body)
	for s.Scan() {
		line(s.Text())
	}
	return res.StatusCode, s.Err()
}

// metrics are values of the gateway's metrics. Those with labels have them in the name.
type metrics map[string]float64

// metrics asks the gateway for its metrics.
func (w *world) metrics(ctx context.Context) (metrics, error) {
	all := make(metrics)
	_, err := w.get(ctx, "/metrics", func(line string) {
		name, value, ok := cutLast(line, " ")
		if n, err := strconv.ParseFloat(value, 64); ok && err == nil && !strings.HasPrefix(line, "#") {
			all[name] = n
		}
	})
	if err != nil {
		return nil, fmt.Errorf("metrics of the gateway: %w", err)
	}
	return all, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

const metricDropped = "readback_ledger_receipts_dropped_total"

// numbered returns how many messages got a number. Earlier releases do not count them by account.
func (m metrics) numbered() (n float64) {
	for name, value := range m {
		if strings.HasPrefix(name, "readback_submits_total{") && strings.Contains(name, `skip="numbered"`) {
			n += value
		}
	}
	return n
}
