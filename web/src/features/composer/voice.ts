// Recording a voice message: the sound, its length and how loud it was along the way.
export interface Recording { stop(): Promise<{ sound: Blob; length: number; wave: number[] }>; cancel(): void; level(): number }

export async function record(): Promise<Recording> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    const type = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"].find((one) => MediaRecorder.isTypeSupported(one));
    const recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: 32000 });
    const parts: Blob[] = [];
    recorder.ondataavailable = (event) => event.data.size && parts.push(event.data);
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 512;
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const wave: number[] = [];
    let level = 0;
    const timer = setInterval(() => {
        analyser.getFloatTimeDomainData(samples);
        level = Math.min(1, Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length) * 4);
        wave.push(level);
    }, 100);
    const began = performance.now();
    recorder.start(1000);
    const end = () => {
        clearInterval(timer);
        for (const track of stream.getTracks()) track.stop();
        void context.close();
    };
    return {
        level: () => level,
        cancel() {
            recorder.onstop = null;
            if (recorder.state !== "inactive") recorder.stop();
            end();
        },
        stop: () => new Promise((resolve) => {
            const length = Math.round(performance.now() - began);
            recorder.onstop = () => {
                end();
                const step = Math.max(1, wave.length / 60);
                const short = Array.from({ length: Math.min(60, wave.length) }, (_, n) => wave[Math.floor(n * step)]);
                resolve({ sound: new Blob(parts, { type: recorder.mimeType }), length, wave: short });
            };
            recorder.stop();
        }),
    };
}
