package load

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"readback/handset"
	"readback/internal/testpeer"
)

// readsServer takes read responses and puts the first request off.
type readsServer struct {
	mu    sync.Mutex
	calls int
	reads map[handset.Response]int
}

func (s *readsServer) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls++; s.calls == 1 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var batch []handset.Response
	if err := json.NewDecoder(req.Body).Decode(&batch); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	verdicts := make([]handset.Verdict, len(batch))
	for i, r := range batch {
		s.reads[handset.Response{Receiver: r.Receiver, Sender: r.Sender, Number: r.Number}]++
		verdicts[i].Code = http.StatusAccepted
		if r.Number == 2 {
			verdicts[i].Code = http.StatusNotFound
		}
	}
	w.WriteHeader(http.StatusOK)
	_ = json.NewEncoder(w).Encode(verdicts)
}

func TestReads(t *testing.T) {
	s := &readsServer{reads: make(map[handset.Response]int)}
	server := httptest.NewServer(s)
	defer server.Close()
	r, err := Reads(testpeer.Within(t), ReadsOptions{URL: server.URL, First: 7, Conversations: 60, Reads: 90, Array: 10, Connections: 3})
	if err != nil || r.Accepted != 60 || r.Refused[404] != 30 || r.Repeated != 1 {
		t.Errorf("got %+v, %v; want 60 accepted, 30 not found, one request again", r, err)
	}
	if len(s.reads) != 90 || r.P50 <= 0 || r.P50 > r.Max {
		t.Errorf("%d different reads, want 90; latencies %v, %v", len(s.reads), r.P50, r.Max)
	}
	if n := s.reads[handset.Response{Receiver: receivers[7], Sender: "10690001", Number: 1}]; n != 1 {
		t.Errorf("the first conversation was read %d times, want once", n)
	}
	if _, err := Reads(testpeer.Within(t), ReadsOptions{}); err == nil {
		t.Error("no URL: got no error")
	}
}
