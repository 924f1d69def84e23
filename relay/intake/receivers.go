package intake

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"readback/relay/message"
	"readback/relay/reads"
)

// maxChanges is how many changes are made for a receiver at once and in a minute. An erasure
// searches all queues.
const maxChanges = 10

// getOptOut answers whether a receiver has opted out.
func (a *API) getOptOut(w http.ResponseWriter, req *http.Request) {
	receiver, v := receiverOf(req)
	if v.IsDecided() {
		refuse(w, v)
		return
	}
	a.replyOptOut(w, &receiver)
}

func (a *API) replyOptOut(w http.ResponseWriter, receiver *message.Addr) {
	o, err := a.opt.OptOuts.Get(receiver)
	if err != nil {
		refuse(w, message.LedgerDown())
		return
	}
	reply(w, http.StatusOK, o)
}

// putOptOut lets a receiver opt out: its read responses are dropped from now on.
func (a *API) putOptOut(w http.ResponseWriter, req *http.Request) {
	a.changeOptOut(w, req, "opt-out", true)
}

// deleteOptOut ends the opt-out of a receiver.
func (a *API) deleteOptOut(w http.ResponseWriter, req *http.Request) {
	a.changeOptOut(w, req, "end of opt-out", false)
}

func (a *API) changeOptOut(w http.ResponseWriter, req *http.Request, what string, on bool) {
	a.change(w, req, what, func(ctx context.Context, receiver message.Addr) message.Verdict {
		return a.opt.OptOuts.Set(ctx, &receiver, on)
	}, func(receiver message.Addr) { a.replyOptOut(w, &receiver) })
}

// deleteReceiver erases what is known of a receiver.
func (a *API) deleteReceiver(w http.ResponseWriter, req *http.Request) {
	a.change(w, req, "erasure", a.opt.Erase, func(message.Addr) { w.WriteHeader(http.StatusNoContent) })
}

// change calls do for the receiver of a request, logs the verdict, and answers. done answers a
// request that is accepted.
func (a *API) change(w http.ResponseWriter, req *http.Request, what string,
	do func(context.Context, message.Addr) message.Verdict, done func(message.Addr),
) {
	ctx, cancel := context.WithTimeout(req.Context(), submitTimeout)
	defer cancel()
	receiver, v := receiverOf(req)
	if !v.IsDecided() {
		v = message.RateLimited(a.changes.Take(&receiver, false, time.Now()))
	}
	if !v.IsDecided() {
		v = do(ctx, receiver)
	}
	by := callerOf(req)
	a.opt.Audit.LogChange(what, &by, req.PathValue("receiver"), v)
	if !v.IsAccepted() {
		refuse(w, v)
		return
	}
	done(receiver)
}

// receiverOf returns the receiver that a request is about, if its caller may speak for it.
func receiverOf(req *http.Request) (message.Addr, message.Verdict) {
	by := callerOf(req)
	receiver, err := message.ParsePhoneNumber(req.PathValue("receiver"))
	switch {
	case err != nil:
		return receiver, message.Malformed("receiver", err.Error())
	case by.NeedsProof:
		return receiver, reads.Unproven(&by, "", "a proof is for read responses only")
	case !by.SpeaksFor(&receiver):
		return receiver, message.Verdict{Kind: message.VerdictForbidden, Field: "receiver", Reason: "is not the caller's"}
	}
	return receiver, message.Verdict{}
}

// refuse answers a request with a verdict.
func refuse(w http.ResponseWriter, v message.Verdict) {
	if v.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(v.RetryAfter))
	}
	reply(w, Code(v.Kind), wireVerdict(v))
}
