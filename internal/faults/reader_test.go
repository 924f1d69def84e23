//go:build faults

package faults

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// reader reports reads of the newest messages while the world has traffic, until ctx ends.
func (w *world) reader(ctx context.Context, rnd *rand.Rand) {
	for ctx.Err() == nil {
		rest(ctx, time.Duration(rnd.Int64N(int64(4*w.pace))))
		if !w.hasTraffic() {
			continue
		}
		const close, near = 4, 60 // half of the reads are of messages that may have no answer yet
		of := near
		if rnd.IntN(2) == 0 {
			of = close
		}
		all := w.book.newest(of)
		if len(all) == 0 {
			continue
		}
		if p := w.enter(); p != nil {
			p.read(p.w.ctx, all[rnd.IntN(len(all))])
			p.asking.Done()
		}
	}
}

// read reports a read and returns the verdict; 0: there was none.
func (p *process) read(ctx context.Context, s sentTo) int {
	id := p.w.book.ask(s)
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	body := fmt.Sprintf(`{"sender":%q,"receiver":%q,"number":%d}`, s.sender, s.target, s.number)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.reads+"/v1/reads", strings.NewReader(body))
	if err != nil {
		p.w.book.wrong("read", err.Error())
		return 0
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer func() { _ = resp.Body.Close() }() // what counts is the status
	_, _ = io.Copy(io.Discard, resp.Body)
	switch resp.StatusCode {
	case 202, 404, 410, 503:
	default:
		p.w.book.wrong("read", resp.Status)
	}
	p.w.book.verdict(id, resp.StatusCode, s)
	return resp.StatusCode
}

// readAll reports reads of all numbers of all conversations.
func (p *process) readAll() {
	work := make(chan sentTo)
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for s := range work {
				for range 5 {
					if code := p.read(p.w.ctx, s); code != 503 && code != 0 {
						break
					}
					rest(p.w.ctx, 200*time.Millisecond)
				}
			}
		})
	}
	for _, s := range p.w.book.standing() {
		work <- s
	}
	close(work)
	readers.Wait()
}
