// A gzip file as its contents.

import WatchStreams

final class GzipBytes: ByteSource {
    private let file: FileBytes
    private let decoder = GzipDecoder()
    private var isAtEnd = false

    init(_ file: FileBytes) { self.file = file }

    var position: Int64 { file.position }
    var size: Int64? { file.size }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputProblem) -> Int {
        while !isAtEnd, !buffer.isEmpty {
            switch decoder.decode(into: buffer) {
            case .bytes(let count): return count
            case .hungry:
                let count = try file.read(into: decoder.input)
                decoder.take(count)
                guard count == 0 else { continue }
                isAtEnd = true
                if decoder.isInMember { throw cut }
            case .damaged(let words):
                isAtEnd = true
                throw damaged(words)
            }
        }
        return 0
    }

    private var cut: InputProblem {
        InputProblem(
            path: file.name,
            text: "the compressed data end in their middle, after \(file.position) bytes; "
                + "the file was cut, or is still being written")
    }

    private func damaged(_ words: String) -> InputProblem {
        InputProblem(
            path: file.name,
            text: "the compressed data are damaged near byte "
                + "\(file.position - Int64(decoder.left))" + (words.isEmpty ? "" : " (\(words))"))
    }
}
