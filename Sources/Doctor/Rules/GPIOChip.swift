// Is the chip with DRDY there, by its label? Numbers move between kernels.

extension Rule {
  static let gpioChip = Rule(.gpioChip) { machine, plan in
    let labels = machine.answers.chips.map { "\($0.label) (\($0.path))" }.joined(separator: ", ")
    return plan.gpioChips.map { wanted in
      if wanted.hasPrefix("/") {
        let label = machine.answers.chips.first { $0.path == wanted }?.label
        return Finding(
          .gpioChip, .warning, "the configuration names \(wanted), a number",
          cost: "numbers move between kernels: one day DRDY is looked for on another chip",
          cure: "amplifier.data-ready-chip = \"\(label ?? "the chip's label")\"; there are: "
            + (labels.isEmpty ? "none" : labels))
      }
      if let chip = machine.answers.chips.first(where: { $0.label == wanted }) {
        return Finding(
          .gpioChip, .ok, "\(wanted) is \(chip.path), \(chip.lineCount) lines")
      }
      if !machine.answers.closedChips.isEmpty {
        let paths = machine.answers.closedChips.joined(separator: ", ")
        return Finding(
          .gpioChip, .error, "\(paths) may not be opened by this user",
          cost: "a session does not start (exit code 77)",
          cure: "adduser NAME gpio, and log in again (group and rule: make install)")
      }
      // A captured tree without answers, or a machine without gpiochips.
      if machine.answers == KernelAnswers() {
        return .unknown(.gpioChip, "which gpiochips there are")
      }
      return Finding(
        .gpioChip, .error, "there is no gpiochip labelled \(wanted)",
        cost: "a session does not start (exit code 69)",
        cure: labels.isEmpty
          ? "gpiodetect lists the chips; here there are none"
          : "amplifier.data-ready-chip = one of: \(labels)")
    }
  }
}
