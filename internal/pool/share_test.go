package pool

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"readback/internal/testpeer"
	"readback/smpp"
)

// perAccount is how many sequence_numbers each account has in these tests.
const perAccount = 1000

// ofAccounts counts the open requests by account.
func ofAccounts() (open *[10]atomic.Int64, change func(*Options[uint32])) {
	open = &[10]atomic.Int64{}
	return open, func(o *Options[uint32]) {
		o.Open = func(seq uint32) *atomic.Int64 { return &open[seq/perAccount] }
	}
}

// No account takes all the room, however much it sends, and each one finds some.
func TestShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open, change := ofAccounts()
		s := start(t, 2, change) // of 10 requests each
		s.bound()
		s.bound()
		for account, want := range []int64{16, 3, 1} {
			for seq := uint32(account * perAccount); ; seq++ {
				if s.TrySend(submit(seq), time.Now(), seq) != nil {
					break
				}
			}
			if got := open[account].Load(); got != want {
				t.Errorf("account %d: got %d open requests, want %d", account, got, want)
			}
		}
	})
}

// Of those that wait, the account with the fewest open requests is next, and each request is sent.
func TestFewestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open, change := ofAccounts()
		s := start(t, 1, change)
		smsc := s.bound()
		var sending sync.WaitGroup
		send := func(seq uint32) {
			sending.Go(func() {
				if err := s.Send(submit(seq), time.Now(), seq); err != nil {
					t.Errorf("request %d: %v", seq, err)
				}
				s.Flush()
			})
			synctest.Wait()
		}
		const mine, others = 20, 3
		for seq := range uint32(mine) {
			send(seq)
		}
		for account := uint32(1); account <= others; account++ { // two find room, one waits behind those above
			send(account * perAccount)
		}
		for i := range mine + others {
			f := smsc.Next("request")
			if i == 10 && f.Seq()/perAccount == 0 {
				t.Errorf("got request %d where there is room again, want that of an account with fewer", f.Seq())
			}
			answer(smsc, f, smpp.StatusOK)
		}
		sending.Wait()
		for range mine + others {
			testpeer.Receive(t, "answer", s.answers)
		}
		for account := range open {
			if got := open[account].Load(); got != 0 {
				t.Errorf("account %d: got %d open requests, want none", account, got)
			}
		}
	})
}

// What is not answered in time is not open any more, and nor is what its caller gives up.
func TestForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open, change := ofAccounts()
		s := start(t, 1, change)
		s.bound()
		for seq := range uint32(3) {
			s.trySend(seq, nil)
		}
		s.Forget(perAccount)
		time.Sleep(11 * time.Second) // virtual: longer than the SMSC has
		synctest.Wait()
		if got, other := open[0].Load(), open[1].Load(); got != 0 || other != -1 {
			t.Errorf("got %d and %d open requests, want none and one less", got, other)
		}
	})
}
