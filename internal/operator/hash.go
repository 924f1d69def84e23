package operator

import (
	"net/http"

	"readback/relay/message"
)

// SubscriberHash is what stands for a receiver in the log, in JSON.
type SubscriberHash struct {
	Receiver   string `json:"receiver"`   // as the gateway writes numbers
	Subscriber string `json:"subscriber"` // the attribute of log lines
}

// HashPage returns the page GET /v1/receivers/{receiver}/hash. Without a key there are no hashes.
func HashPage(key message.SubscriberKey) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		receiver, err := message.ParsePhoneNumber(r.PathValue("receiver"))
		switch {
		case err != nil:
			refuse(w, http.StatusBadRequest, problem{Field: "receiver", Detail: "receiver " + err.Error(), Hint: "write it with its country code, such as 447700900101"})
		case len(key) == 0:
			refuse(w, http.StatusServiceUnavailable, problem{Detail: "there is no key of subscribers", Hint: "the log says at the start of the gateway why; log.subscriber_key_file names another file"})
		default:
			answer(w, SubscriberHash{Receiver: receiver.String(), Subscriber: key.Hash(receiver.String())})
		}
	})
}
