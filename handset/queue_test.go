package handset

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// script is a server that answers batch by batch, then accepts; it notes what came.
type script struct {
	mu      sync.Mutex
	answers []func(batch []Response) ([]Verdict, error)
	saw     []string // numbers of each batch
	batches [][]Response
	at      []time.Time
}

func (s *script) send(_ context.Context, batch []Response) ([]Verdict, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var numbers []string
	for _, r := range batch {
		numbers = append(numbers, fmt.Sprint(r.Number))
	}
	s.saw = append(s.saw, strings.Join(numbers, " "))
	s.batches = append(s.batches, slices.Clone(batch))
	s.at = append(s.at, time.Now())
	if len(s.answers) == 0 {
		return codes(202)(batch)
	}
	answer := s.answers[0]
	s.answers = s.answers[1:]
	return answer(batch)
}

// codes answers with a verdict for each, or one for all.
func codes(codes ...int) func([]Response) ([]Verdict, error) {
	return func([]Response) (all []Verdict, err error) {
		for _, c := range codes {
			all = append(all, Verdict{Code: c})
		}
		return all, nil
	}
}

func fails(err error) func([]Response) ([]Verdict, error) {
	return func([]Response) ([]Verdict, error) { return nil, err }
}

// runQueue puts n responses in a queue and runs it until nothing moves any more.
func runQueue(t *testing.T, s *script, n int, opt Options) (final []string, q *Queue) {
	t.Helper()
	opt.Send = s.send
	opt.Final = func(r Response, v Verdict) { final = append(final, fmt.Sprintf("%d:%d", r.Number, v.Code)) }
	q, err := OpenQueue(opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range responses(n) {
		if err := q.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
	defer cancel()
	q.Run(ctx)
	return final, q
}

func TestQueue(t *testing.T) {
	noNetwork := errors.New("no network")
	tests := []struct {
		name    string
		n       int
		answers []func([]Response) ([]Verdict, error)
		saw     string
		final   string
	}{
		{"accepted", 3, nil, "1 2 3", "1:202 2:202 3:202"},
		{"no network", 2, []func([]Response) ([]Verdict, error){fails(noNetwork), fails(noNetwork)}, "1 2, 1 2, 1 2", "1:202 2:202"},
		{"each its own verdict", 4, []func([]Response) ([]Verdict, error){codes(202, 503, 404, 429)}, "1 2 3 4, 2 4", "1:202 3:404 2:202 4:202"},
		{"final ones", 5, []func([]Response) ([]Verdict, error){codes(400, 403, 404, 409, 410)}, "1 2 3 4 5", "1:400 2:403 3:404 4:409 5:410"},
		{"key not valid", 1, []func([]Response) ([]Verdict, error){codes(401)}, "1, 1", "1:202"},
		{"too large", 4, []func([]Response) ([]Verdict, error){codes(413), codes(413)}, "1 2 3 4, 1 2, 1, 2 3, 4", "1:202 2:202 3:202 4:202"},
		{"one too large", 1, []func([]Response) ([]Verdict, error){codes(413)}, "1", "1:413"},
		{"all accepted as one", 2, []func([]Response) ([]Verdict, error){codes(202)}, "1 2", "1:202 2:202"},
		{"not one for each", 3, []func([]Response) ([]Verdict, error){codes(202, 202)}, "1 2 3, 1 2 3", "1:202 2:202 3:202"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: tt.answers}
				final, q := runQueue(t, s, tt.n, Options{})
				if got := strings.Join(s.saw, ", "); got != tt.saw {
					t.Errorf("batches: got %s, want %s", got, tt.saw)
				}
				if got := strings.Join(final, " "); got != tt.final {
					t.Errorf("final: got %s, want %s", got, tt.final)
				}
				if q.Len() != 0 {
					t.Errorf("%d responses wait, want none", q.Len())
				}
			})
		})
	}
}

// TestQueueSameID sends again what was sent, octet for octet.
func TestQueueSameID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []func([]Response) ([]Verdict, error){fails(errors.New("lost on the way"))}}
		q, err := OpenQueue(Options{Send: s.send})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := q.Put(Response{Receiver: "447700900101", Number: 1, Status: Read}); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		q.Run(ctx)
		if len(s.batches) != 2 || !slices.Equal(s.batches[0], s.batches[1]) {
			t.Fatalf("got %+v, want the same twice", s.batches)
		}
		a, b := s.batches[0][0], s.batches[0][1]
		if a.ID == "" || a.ID == b.ID || a.ReadAt.IsZero() {
			t.Errorf("got %+v and %+v, want two ids and a time", a, b)
		}
	})
}

// TestQueueWaits holds the waits between tries against their bounds.
func TestQueueWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := errors.New("away")
		s := &script{}
		for range 12 {
			s.answers = append(s.answers, fails(away))
		}
		s.answers = append(s.answers, fails(&LaterError{After: 10 * time.Minute}), fails(&LaterError{After: 1000 * time.Hour}))
		runQueue(t, s, 1, Options{})
		want := time.Second
		for i := 1; i < len(s.at); i++ {
			most := min(want, 5*time.Minute)
			least := most / 2
			switch i {
			case 13:
				least, most = least+10*time.Minute, most+10*time.Minute
			case 14:
				least, most = least+time.Hour, most+time.Hour
			}
			if got := s.at[i].Sub(s.at[i-1]); got < least || got > most {
				t.Errorf("wait %d: got %v, want %v to %v", i, got, least, most)
			}
			want *= 2
		}
		if len(s.at) != 15 {
			t.Errorf("got %d tries, want 15", len(s.at))
		}
	})
}

// TestWake has the app end a wait, but not one that the server asked for.
func TestWake(t *testing.T) {
	for name, tt := range map[string]struct {
		err   error
		tries int
	}{"own": {errors.New("away"), 2}, "server's": {&LaterError{After: time.Minute}, 1}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []func([]Response) ([]Verdict, error){fails(tt.err)}}
				q, err := OpenQueue(Options{Send: s.send, FirstWait: time.Hour, MaxWait: time.Hour})
				if err != nil {
					t.Fatal(err)
				}
				if err := q.Put(responses(1)[0]); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				wg.Go(func() { q.Run(ctx) })
				synctest.Wait()
				q.Wake()
				synctest.Wait()
				if got := len(s.at); got != tt.tries {
					t.Errorf("got %d tries, want %d", got, tt.tries)
				}
				cancel()
				wg.Wait()
			})
		})
	}
}

// TestQueueUntimed has a server that does not believe the handset's clock.
func TestQueueUntimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []func([]Response) ([]Verdict, error){func([]Response) ([]Verdict, error) {
			return []Verdict{{Code: http.StatusBadRequest, Field: "read_at"}}, nil
		}}}
		final, _ := runQueue(t, s, 1, Options{})
		if got := strings.Join(final, " "); got != "1:202" || len(s.batches) != 2 || !s.batches[1][0].ReadAt.IsZero() {
			t.Errorf("got %s after %+v, want 1:202 without time", got, s.batches)
		}
	})
}

func TestPutChecks(t *testing.T) {
	q, err := OpenQueue(Options{Send: new(script).send})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []Response{
		{},
		{Receiver: strings.Repeat("4", 25)},
		{Receiver: "1", Sender: strings.Repeat("4", 25)},
		{Receiver: "1", Status: 3},
		{Receiver: "1", Proof: strings.Repeat("0", 65)},
		{Receiver: "1", ID: strings.Repeat("x", 257)},
	} {
		if err := q.Put(r); !errors.Is(err, ErrResponse) {
			t.Errorf("%+v: got %v, want %v", r, err, ErrResponse)
		}
	}
	if _, err := OpenQueue(Options{}); err == nil {
		t.Error("a queue without Send was opened")
	}
}

// TestQueueRestart loses the process at every point of the exchange.
func TestQueueRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "reads")
		s := &script{answers: []func([]Response) ([]Verdict, error){codes(202, 503, 202), fails(errors.New("away"))}}
		run := func(put []Response, tries int) {
			t.Helper()
			store, err := OpenFile(path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = store.Close() }()
			ctx, cancel := context.WithCancel(t.Context())
			n := 0
			q, err := OpenQueue(Options{Store: store, Send: func(ctx context.Context, b []Response) ([]Verdict, error) {
				if n++; n > tries {
					cancel()
					return nil, ctx.Err()
				}
				return s.send(ctx, b)
			}})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range put {
				if err := q.Put(r); err != nil {
					t.Fatal(err)
				}
			}
			stop := time.AfterFunc(time.Hour, cancel)
			defer stop.Stop()
			q.Run(ctx)
		}
		run(responses(3), 0) // nothing is sent
		run(nil, 1)          // two are accepted
		run(nil, 1)          // nothing gets through
		run(nil, 1)
		run(nil, 1) // nothing is left
		if got, want := strings.Join(s.saw, ", "), "1 2 3, 2, 2"; got != want {
			t.Errorf("batches: got %s, want %s", got, want)
		}
		if s.batches[0][1].ID != s.batches[2][0].ID || !s.batches[0][1].ReadAt.Equal(s.batches[2][0].ReadAt) {
			t.Errorf("got %+v, want %+v", s.batches[2][0], s.batches[0][1])
		}
	})
}
