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
	w.Header().Set("Content-Type", "text/event-stream")
	s := stream{c: c, w: w, out: http.NewResponseController(w), v: c.visit(r), p: p}
	_ = s.out.SetReadDeadline(time.Time{}) // that of the server is for requests
	tick, end := time.NewTicker(p.every), time.NewTimer(streamTime)
	defer tick.Stop()
	defer end.Stop()
	for s.send() {
		select {
		case <-tick.C:
		case <-end.C:
			return
		case <-r.Context().Done():
			return
		}
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

// send sends what the page shows now, if that has changed. It returns false when there is nobody left to send to.
func (s *stream) send() bool {
	if !s.c.opt.Ops.StillMay(s.v.r) {
		return false
	}
	view := s.c.view(s.v, s.p)
	view.Data, view.Problem = s.p.data(s.v)
	var b bytes.Buffer
	if view.Problem != nil || s.c.templates[s.v.lang.code].ExecuteTemplate(&b, s.p.name+"-live", view) != nil {
		return false // the whole page says why
	}
	event := ": \n\n" // a comment, so that a connection that is lost is noticed
	if !bytes.Equal(b.Bytes(), s.last) {
		event = "data: " + strings.ReplaceAll(strings.TrimSpace(b.String()), "\n", "\ndata: ") + "\n\n"
		s.last = b.Bytes()
	}
	_ = s.out.SetWriteDeadline(time.Now().Add(streamWrite))
	if _, err := s.w.Write([]byte(event)); err != nil {
		return false
	}
	return s.out.Flush() == nil
}
