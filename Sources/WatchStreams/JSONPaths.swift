// The JSON paths of a stream as one tree, so that a single walk over a line finds all of them.

import WatchCore

/// Wanted values by number. Read by `JSONScanner`.
struct JSONPaths: Sendable {
    struct Child: Sendable {
        enum Step: Sendable {
            case member([UInt8])
            case index(Int)
        }

        var step: Step
        var node: Int
    }

    struct Node: Sendable {
        /// Where the value itself is put; −1: only what is in it is wanted.
        var slot = -1
        var members: [Child] = []
        /// The same in `entries`.
        var entries = 0..<0
        /// From the front; from the back.
        var indexes: [Child] = []
        var fromEnd: [Child] = []
        /// All slots at and below it: a name that comes again takes their values back.
        var slots: [Int] = []
    }

    /// A member by place: arrays within arrays would be retained for each name of a line.
    struct Entry: Sendable {
        /// Where in `names` its name is.
        var name: Int
        var count: Int
        var node: Int
    }

    private(set) var entries: [Entry] = []
    private(set) var names: [UInt8] = []
    /// The first is the root.
    private(set) var nodes = [Node()]

    /// - Parameter sources: by slot; those that are no paths are left out.
    init(_ sources: [StreamConfiguration.Field.Source]) {
        for (slot, source) in sources.enumerated() {
            guard case .path(let path) = source else { continue }
            var node = 0
            nodes[0].slots.append(slot)
            for step in path.steps {
                node = child(of: node, step)
                nodes[node].slots.append(slot)
            }
            nodes[node].slot = slot
        }
        for index in nodes.indices {
            let first = entries.count
            for child in nodes[index].members {
                guard case .member(let name) = child.step else { continue }
                entries.append(Entry(name: names.count, count: name.count, node: child.node))
                names += name
            }
            nodes[index].entries = first..<entries.count
        }
    }

    private mutating func child(of node: Int, _ step: JSONPath.Step) -> Int {
        switch step {
        case .member(let name):
            let bytes = Array(name.utf8)
            for child in nodes[node].members {
                if case .member(bytes) = child.step { return child.node }
            }
            nodes[node].members.append(Child(step: .member(bytes), node: nodes.count))
        case .index(let index):
            let known = index < 0 ? nodes[node].fromEnd : nodes[node].indexes
            for child in known {
                if case .index(index) = child.step { return child.node }
            }
            let child = Child(step: .index(index), node: nodes.count)
            if index < 0 {
                nodes[node].fromEnd.append(child)
            } else {
                nodes[node].indexes.append(child)
            }
        }
        nodes.append(Node())
        return nodes.count - 1
    }
}
