// Questions about the damage, which an incident of the service asks.

import WatchCore

struct AssessDraft {
    var questions: [Assess]
    /// Where `${…}` of them stand, by variable.
    var variables: [Placed<String>]
}

struct AssessReader {
    let problems: Problems

    func read(_ section: Section) -> AssessDraft {
        let variables = PlanVariables()
        let actions = ActionReader(problems: problems, variables: variables)
        let items = section.list("assess")
        if items.count > Assess.limit {
            problems.error(
                section.place("assess"), "\(items.count) questions are too many",
                "keep \(Assess.limit) or fewer: all are asked at once, while it burns")
        }
        var questions: [Assess] = []
        for item in items {
            guard let question = read(item, actions) else { continue }
            if questions.contains(where: { $0.name == question.name }) {
                problems.error(
                    item.place, "two questions are called '\(question.name)'",
                    "give each its own name, which is how pages call it")
            }
            questions.append(question)
        }
        return AssessDraft(questions: questions, variables: variables.needed)
    }

    private func read(_ value: YAMLValue, _ actions: ActionReader) -> Assess? {
        guard let section = Section(value, .assess, problems) else { return nil }
        let action = actions.read(section)
        let timeout = section.duration(
            "timeout", .seconds(5), in: .milliseconds(100)...Assess.longest)
        guard let name = section.title("name"), let action else { return nil }
        return Assess(name: name, action: action, timeout: timeout)
    }
}
