package pool

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"readback/internal/testpeer"
	"readback/smpp"
)

func TestConfigValidate(t *testing.T) {
	tests := []struct {
		name  string
		addrs []string
		binds int
		ok    bool
	}{
		{"right", []string{"smsc:2775"}, 1, true},
		{"several", []string{"smsc:2775", "smsc:2776"}, 3, true},
		{"no address", nil, 1, false},
		{"no port", []string{"smsc:2775", "smsc"}, 1, false},
		{"no binds", []string{"smsc:2775"}, 0, false},
	}
	for _, tt := range tests {
		c := Config{Addrs: tt.addrs, Binds: tt.binds}
		if err := c.Validate(); (err == nil) != tt.ok {
			t.Errorf("%s: got %v, want ok %t", tt.name, err, tt.ok)
		}
	}
}

// Requests go to the bind with the most room in its window.
func TestSpreads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 3, nil)
		smscs := []*testpeer.Peer{s.bound(), s.bound(), s.bound()}
		if got := s.up(); got != 3 || !s.Up() {
			t.Errorf("up are %v binds, the pool %t; want 3, true", got, s.Up())
		}
		if got := len(s.dialed); got != 3 {
			t.Errorf("got %d connections, want as many as binds", got)
		}
		for seq := range uint32(6) {
			s.trySend(seq+1, nil)
		}
		for _, smsc := range smscs {
			smsc.Next("first of two")
			if f := smsc.Next("second of two"); smsc == smscs[1] {
				answer(smsc, f, smpp.StatusOK)
			}
		}
		s.trySend(7, nil)
		if got := smscs[1].Next("where there is room").Seq(); got != 7 {
			t.Errorf("got request %d, want 7", got)
		}
	})
}

// A bind whose window is full holds up nobody when another has room.
func TestStuckBind(t *testing.T) {
	for name, stuck := range map[string]int{"the first": 0, "the second": 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, 2, func(o *Options[uint32]) { o.Session.Window = 1 })
				smscs := []*testpeer.Peer{s.bound(), s.bound()}
				var sending sync.WaitGroup
				for seq := range uint32(6) {
					sending.Go(func() {
						if err := s.Send(submit(seq+1), time.Now(), seq+1); err != nil {
							t.Errorf("request %d: %v", seq+1, err)
						}
						s.Flush()
					})
				}
				smscs[stuck].Next("what is never answered")
				for range 5 {
					answer(smscs[1-stuck], smscs[1-stuck].Next("all the rest"), smpp.StatusOK)
				}
				sending.Wait()
				smscs[stuck].WantNothing()
			})
		})
	}
}

// No request that waits for room is lost when many wait for little.
func TestManyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers, each = 10, 50
		s := start(t, 2, func(o *Options[uint32]) { o.Session.Window = 2 })
		for _, smsc := range []*testpeer.Peer{s.bound(), s.bound()} {
			go func() {
				for f, err := smsc.In.Next(); err == nil; f, err = smsc.In.Next() {
					_, _ = smsc.Conn.Write(smpp.AppendRefusal(nil, f.ID(), smpp.StatusSysErr, f.Seq())) // the answers tell
				}
			}()
		}
		var sending sync.WaitGroup
		for caller := range uint32(callers) {
			sending.Go(func() {
				for n := range uint32(each) {
					seq := 1 + caller*each + n
					if err := s.Send(submit(seq), time.Now(), seq); err != nil {
						t.Errorf("request %d: %v", seq, err)
					}
				}
				s.Flush()
			})
		}
		sending.Wait()
		for range callers * each {
			testpeer.Receive(t, "answer", s.answers)
		}
	})
}

// While no bind is up each request fails, those that waited for room included.
func TestDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 1, func(o *Options[uint32]) { o.Session.Window = 1 })
		s.trySend(1, ErrDown)
		smsc := s.bound()
		s.trySend(1, nil)
		failed := make(chan error, 2)
		for seq := range uint32(2) {
			go func() { failed <- s.Send(submit(seq+2), time.Now(), seq+2) }()
		}
		synctest.Wait()
		if len(failed) > 0 {
			t.Errorf("got %v, want requests that wait for room", <-failed)
		}
		_ = smsc.Conn.Close()
		synctest.Wait()
		for range 2 {
			if err := <-failed; err != ErrDown {
				t.Errorf("request that waited: got %v, want %v", err, ErrDown)
			}
		}
		s.trySend(4, ErrDown)
		if err := s.Send(submit(5), time.Now(), 5); err != ErrDown {
			t.Errorf("Send: got %v, want %v", err, ErrDown)
		}
		if got := s.up(); got != 0 || s.Up() {
			t.Errorf("up are %v binds, the pool %t; want none", got, s.Up())
		}
		s.bound()
		s.trySend(6, nil)
	})
}

// What must go out at once goes out even if the windows of all binds are full.
func TestTrySendOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 2, func(o *Options[uint32]) { o.Session.Window = 1 })
		over := func(seq uint32, want error) {
			t.Helper()
			if err := s.TrySendOver(submit(seq), time.Now(), seq); err != want {
				t.Errorf("request %d: got %v, want %v", seq, err, want)
			}
			s.Flush()
		}
		over(1, ErrDown)
		sent := make(chan [2]uint32, 10) // which SMSC got which request
		for n := range uint32(2) {
			smsc := s.bound()
			go func() {
				for f, err := smsc.In.Next(); err == nil; f, err = smsc.In.Next() {
					sent <- [2]uint32{n, f.Seq()}
				}
			}()
		}
		over(1, nil)
		over(2, nil)
		if one, other := <-sent, <-sent; one[0] == other[0] {
			t.Error("the second request went where there is no room, want where there is")
		}
		s.trySend(3, smpp.ErrNoRoom)
		over(3, nil)
		if got := <-sent; got[1] != 3 {
			t.Errorf("got request %d, want 3", got[1])
		}
	})
}

// When the pool stops, it unbinds its sessions, and Run waits for them.
func TestUnbinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 2, nil)
		smscs := []*testpeer.Peer{s.bound(), s.bound()}
		stopped := make(chan struct{})
		go func() { s.stop(); close(stopped) }()
		smscs[0].Unbind()
		synctest.Wait()
		select {
		case <-stopped:
			t.Error("Run has returned while a session was bound")
		default:
		}
		smscs[1].Unbind()
		<-stopped
		if len(s.ended) != 2 || len(s.dialed) != 2 {
			t.Errorf("%d sessions have ended of %d, want both of two", len(s.ended), len(s.dialed))
		}
	})
}

// A dial ends with the pool.
func TestStopEndsDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 1, func(o *Options[uint32]) {
			o.Dial = func(ctx context.Context, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		})
		synctest.Wait()
		s.stop()
	})
}
