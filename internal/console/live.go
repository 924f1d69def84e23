package console

import (
	"bytes"
	"net/http"
	"strings"
	"time"
)

// Bounds of live pages.
const (
	maxStreams  = 50 // at a time; the next gets 503
	streamTime  = time.Hour
	streamWrite = 10 * time.Second // to take one event
)

// live answers with server-sent events: what a page shows, whenever it has changed. A browser that takes them too
// slowly misses some. It asks again when the stream has ended.
func (c *Console) live(w http.ResponseWriter, r *http.Request) {
	p := pageOf(r.PathValue("page"))
	if p == nil || p.every == 0 || p.isAbsent(c) {
		http.NotFound(w, r)
		return
	}
	select {
	case c.streams <- struct{}{}:
		defer func() { <-c.streams }()
	default:
		http.Error(w, "too many live pages", http.StatusServiceUnavailable)
		return
	}
	s := stream{c: c, w: w, out: http.NewResponseController(w), v: c.visit(r), p: p}
	event, failed := s.next()
	if failed != nil {
		http.Error(w, failed.Text(), failed.Status)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	_ = s.out.SetReadDeadline(time.Time{}) // that of the server is for requests
	tick, end := time.NewTicker(p.every), time.NewTimer(streamTime)
	defer tick.Stop()
	defer end.Stop()
	for failed == nil && s.write(event) {
		select {
		case <-tick.C:
		case <-end.C:
			return
		case <-r.Context().Done():
			return
		}
		if !c.opt.Ops.StillMay(r) {
			return
		}
		event, failed = s.next() // with a problem the stream ends, and the whole page says why
	}
}

// stream is a live page of one browser.
type stream struct {
	c    *Console
	w    http.ResponseWriter
	out  *http.ResponseController
	v    *visit
	p    *page
	last []byte // what was sent last
}

// next returns the event that says what the page shows now: a comment if that has not changed, so that a connection
// that is lost is noticed.
func (s *stream) next() (event string, p *problem) {
	view := s.c.view(s.v, s.p)
	if view.Data, p = s.p.data(s.v); p != nil {
		return "", p
	}
	var b bytes.Buffer
	if err := s.c.templates[s.v.lang.code].ExecuteTemplate(&b, s.p.name+"-live", view); err != nil {
		return "", &problem{Status: http.StatusInternalServerError, Detail: err.Error()}
	}
	if bytes.Equal(b.Bytes(), s.last) {
		return ": \n\n", nil
	}
	s.last = b.Bytes()
	return "data: " + strings.ReplaceAll(strings.TrimSpace(b.String()), "\n", "\ndata: ") + "\n\n", nil
}

// write sends an event. It returns false when there is nobody left to send to.
func (s *stream) write(event string) bool {
	_ = s.out.SetWriteDeadline(time.Now().Add(streamWrite))
	if _, err := s.w.Write([]byte(event)); err != nil {
		return false
	}
	return s.out.Flush() == nil
}
