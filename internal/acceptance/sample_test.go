//go:build e2e

package acceptance

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// sample is what a gateway takes of its machine at a time, in octets where nothing else is said.
type sample struct {
	at             time.Time
	rss, heap      float64 // heap: live, after a collection
	conversations  float64 // in memory
	goroutines     float64
	files          float64 // open
	store          float64
	sent, reads    float64 // so far
	outbox, queued float64 // feedback that waits
}

// unbounded is the live heap without the conversations, which have a bound of their own.
func (s sample) unbounded() float64 { return s.heap - s.conversations*perConversation }

// mean returns the mean of some samples in a row.
func mean(all []sample) (m sample) {
	n := float64(len(all))
	m.at = all[0].at.Add(all[len(all)-1].at.Sub(all[0].at) / 2)
	for _, s := range all {
		m.rss, m.heap, m.conversations = m.rss+s.rss/n, m.heap+s.heap/n, m.conversations+s.conversations/n
		m.goroutines, m.files, m.store = m.goroutines+s.goroutines/n, m.files+s.files/n, m.store+s.store/n
	}
	return m
}

// sampleAll samples the gateway until ctx ends, and writes each sample to the file, if there is one.
func (g *gateway) sampleAll(ctx context.Context, store, file string) (all []sample) {
	out := os.Stdout
	if file != "" {
		var err error
		if out, err = os.Create(file); err != nil {
			g.Error(err)
			return nil
		}
		defer func() { _ = out.Close() }()
	}
	_, _ = fmt.Fprintln(out, "time      rss_MiB heap_MiB store_MiB conversations goroutines files messages reads outbox waiting")
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return all
		}
		s, err := g.sample(ctx, store)
		if err != nil {
			if ctx.Err() == nil {
				g.Errorf("sample: %v", err)
			}
			return all
		}
		all = append(all, s)
		const mib = 1 << 20
		_, _ = fmt.Fprintf(out, "%s %8.1f %8.1f %9.1f %13.0f %10.0f %5.0f %8.0f %7.0f %6.0f %7.0f\n", s.at.Format(time.TimeOnly),
			s.rss/mib, s.heap/mib, s.store/mib, s.conversations, s.goroutines, s.files, s.sent, s.reads, s.outbox, s.queued)
	}
}

func (g *gateway) sample(ctx context.Context, store string) (s sample, err error) {
	s.at = time.Now()
	heap, err := g.values(ctx, "/debug/pprof/heap?gc=1&debug=1", "# HeapAlloc =")
	if err != nil {
		return s, err
	}
	m, err := g.values(ctx, "/metrics", "process_resident_memory_bytes", "readback_ledger_conversations", "go_goroutines",
		"process_open_fds", "readback_submits_total", "readback_reads_total", "readback_feedback_outbox", "readback_feedback_waiting")
	if err != nil {
		return s, err
	}
	s.heap, s.rss, s.conversations, s.goroutines, s.files = heap[0], m[0], m[1], m[2], m[3]
	s.sent, s.reads, s.outbox, s.queued = m[4], m[5], m[6], m[7]
	s.store = sizeOf(store)
	return s, nil
}

// values returns the sums of the lines of a page that begin with each name.
func (g *gateway) values(ctx context.Context, page string, names ...string) ([]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.ops+page, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // it is read
	sums := make([]float64, len(names))
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		for i, name := range names {
			if rest, ok := strings.CutPrefix(lines.Text(), name); ok && (rest[0] == ' ' || rest[0] == '{') {
				value, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", lines.Text(), err)
				}
				sums[i] += value
			}
		}
	}
	return sums, lines.Err()
}

// sizeOf is what the files in a directory hold. Files go while they are counted.
func sizeOf(dir string) (size float64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				size += float64(info.Size())
			}
		}
		return nil
	})
	return size
}
