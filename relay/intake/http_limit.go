package intake

import (
	"net/http"

	"readback/relay/message"
)

// maxRequests is how many requests of the HTTP API are handled at a time. Further ones get 503.
const maxRequests = 1000

// atMost passes up to most requests at a time to h. It answers further ones with 503.
func atMost(most int, h http.Handler) http.Handler {
	slots := make(chan struct{}, most)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			h.ServeHTTP(w, req)
		default:
			refuse(w, message.TryAgain("too many requests are under way, send it again"))
		}
	})
}
