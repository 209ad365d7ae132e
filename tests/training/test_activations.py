import numpy as np
import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.training import Recipe, accuracy, activation_sparsity, hoyer, l1, l2, train, with_fatrelu

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")
from torch import nn  # noqa: E402

from .modules import mlp  # noqa: E402


def test_hoyer_counts_the_values_that_matter_whatever_their_scale():
    x = torch.tensor([[1.0, 1, 1, 1], [5, 0, 0, 0], [0, -2, 2, 0]])
    assert float(hoyer(x)) == pytest.approx((4 + 1 + 2) / 3)
    assert float(hoyer(1000 * x)) == pytest.approx((4 + 1 + 2) / 3)
    assert float(hoyer(torch.zeros(2, 4))) == 0
    values = torch.zeros(2, 4, requires_grad=True)
    hoyer(values).backward()
    assert torch.isfinite(values.grad).all()


def test_penalties_add_up_over_layers():
    tensors = [torch.tensor([1.0, -2.0]), torch.tensor([[3.0]])]
    assert float(l1(tensors)) == 6
    assert float(l2(tensors)) == 14


@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.5, 3.0])
def test_fatrelu_lets_the_threshold_itself_pass(threshold):
    module = nn.Sequential(nn.ReLU())
    t = np.float32(threshold)
    x = torch.tensor([-1.0, 0.0, np.nextafter(t, np.float32(-9)), t, np.nextafter(t, np.float32(9)), 7.0])
    found = with_fatrelu(module, float(t))(x)
    assert torch.equal(found, torch.where(x >= float(t), x.clamp_min(0), torch.zeros(())))
    assert isinstance(module[0], nn.ReLU)


def test_single_rectifiers_can_be_replaced_wherever_they_are_used():
    shared = nn.ReLU()
    module = nn.Sequential(nn.Linear(4, 4), shared, nn.Sequential(nn.Linear(4, 4), shared), nn.ReLU())
    changed = with_fatrelu(module, {"1": 0.5})
    assert changed[1] is changed[2][1]
    assert isinstance(changed[1], nn.Threshold)
    assert isinstance(changed[3], nn.ReLU)


def test_thresholds_and_hoyer_make_activations_sparser(samples):
    learn, judge = samples
    plain, pressed = mlp(), mlp()
    train(plain, learn, Recipe(epochs=8))
    train(pressed, learn, Recipe(epochs=8, hoyer=1e-3))
    natural, hoyered = activation_sparsity(plain, judge), activation_sparsity(pressed, judge)
    print(f"natural {natural}, {accuracy(plain, judge):.1%}; Hoyer {hoyered}, {accuracy(pressed, judge):.1%}")
    assert all(hoyered[name] > natural[name] + 0.1 for name in natural)
    assert accuracy(pressed, judge) > accuracy(plain, judge) - 0.02
    last = natural
    for threshold in (0.1, 0.3):
        cut = with_fatrelu(plain, threshold)
        found = activation_sparsity(cut, judge)
        print(f"FATReLU {threshold}: {found}, {accuracy(cut, judge):.1%}")
        assert all(found[name] > last[name] for name in last)
        assert accuracy(cut, judge) > accuracy(plain, judge) - 0.02
        last = found


def test_sparsity_of_activations_is_their_share_of_zeros(samples):
    module, x = mlp(), torch.from_numpy(samples[1].inputs)
    with torch.no_grad():
        hidden = module[:3](x)
    found = activation_sparsity(module, samples[1])["2"]
    assert found == pytest.approx(float((hidden == 0).double().mean()), abs=1e-12)


def test_faults_are_named(samples):
    with pytest.raises(UnknownNameError, match="unknown ReLU '9'"):
        with_fatrelu(mlp(), {"9": 0.1})
    with pytest.raises(InputError, match=r"threshold=-0.1 of '2' must be a number from 0 up"):
        with_fatrelu(mlp(), -0.1)
    with pytest.raises(InputError, match="Linear has no ReLU module"):
        activation_sparsity(nn.Linear(2, 2), samples[1])
