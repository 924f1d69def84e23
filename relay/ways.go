package relay

import "context"

// natsWay is a way in over NATS.
type natsWay interface {
	// answer answers what is not taken from a stream. end ends that, once what has come is answered.
	answer(ctx context.Context) (end func(), err error)
	// take takes read responses from a stream until ctx ends.
	take(ctx context.Context)
}

// natsWays are the ways in over NATS. A new one is a file and an element here.
func natsWays(in *streamIntake, mqtt bool, taking func()) []natsWay {
	return []natsWay{&natsIntake{in}, &topicIntake{streamIntake: in, mqtt: mqtt, taking: taking}}
}

// answerAll answers on all ways. end ends that, once what has come is answered.
func answerAll(ctx context.Context, all []natsWay) (end func(), err error) {
	var ends []func()
	end = func() {
		for _, f := range ends {
			f()
		}
	}
	for _, w := range all {
		f, err := w.answer(ctx)
		if err != nil {
			end()
			return nil, err
		}
		ends = append(ends, f)
	}
	return end, nil
}
